-- A beneficiary, and who may act for the owner of its wallet.
SELECT beneficiaries.id, beneficiaries.wallet_id, rib, holder_name, added_at, verified_at, owners.controller,
    removed_at
FROM ledger.beneficiaries
JOIN ledger.wallets ON wallets.id = beneficiaries.wallet_id
JOIN ledger.owners ON owners.id = wallets.owner_id
WHERE beneficiaries.id = $1::uuid
