-- What never changes of these wallets: whose they are, of what kind and currency, and what they are called.
SELECT wallets.id, owners.controller, wallets.type, wallets.currency, wallets.name
FROM ledger.wallets
JOIN ledger.owners ON owners.id = wallets.owner_id
WHERE wallets.id = ANY ($1::uuid[])
