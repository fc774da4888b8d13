-- A wallet as it stands, and who may act for its owner.
SELECT wallets.id, owners.controller, owner_id, type, currency, status, available, pending, reserve, version, name,
    statement_timestamp(), parent_id, standing_version
FROM ledger.wallets
JOIN ledger.owners ON owners.id = wallets.owner_id
WHERE wallets.id = $1::uuid
