-- Which place a person has in the team of a wallet's owner; no row for none.
SELECT owners.member_roles[array_position(owners.member_ids, $2::uuid)]
FROM ledger.wallets
JOIN ledger.owners ON owners.id = wallets.owner_id
WHERE wallets.id = $1::uuid AND $2::uuid = ANY (owners.member_ids)
