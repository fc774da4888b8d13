-- The free transfers that a wallet's owner took, and in which month.
SELECT owners.free_month, owners.free_transfers
FROM ledger.wallets
JOIN ledger.owners ON owners.id = wallets.owner_id
WHERE wallets.id = $1::uuid
