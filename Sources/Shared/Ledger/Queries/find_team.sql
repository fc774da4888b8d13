-- The team of a wallet's owner.
SELECT owners.controller, owners.member_ids, owners.member_roles
FROM ledger.wallets
JOIN ledger.owners ON owners.id = wallets.owner_id
WHERE wallets.id = $1::uuid
