-- A wallet's beneficiaries without those that were removed, oldest first.
SELECT beneficiaries.id, beneficiaries.wallet_id, rib, holder_name, added_at, verified_at, owners.controller,
    removed_at
FROM ledger.beneficiaries
JOIN ledger.wallets ON wallets.id = beneficiaries.wallet_id
JOIN ledger.owners ON owners.id = wallets.owner_id
WHERE beneficiaries.wallet_id = $1::uuid AND removed_at IS NULL
ORDER BY added_at, beneficiaries.id
LIMIT $2::bigint OFFSET $3::bigint
