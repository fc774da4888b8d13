-- The wallets of all owners for whom a person acts, oldest first.
SELECT wallets.id, owners.controller, owner_id, type, currency, status, available, pending, reserve, version, name,
    statement_timestamp(), parent_id, standing_version
FROM ledger.owners
JOIN ledger.wallets ON wallets.owner_id = owners.id
WHERE owners.controller = $1::uuid OR owners.member_ids @> ARRAY[$1::uuid]
ORDER BY opened_at, wallets.id
LIMIT $2::bigint OFFSET $3::bigint
