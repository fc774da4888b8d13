INSERT INTO ledger.wallets (
    id, owner_id, type, currency, status, name, available, pending, reserve, version, last_period, last_lane, last_seq,
    parent_id, opened_at
)
SELECT added.*, $15
FROM unnest(
    $1::uuid[], $2::uuid[], $3::smallint[], $4::smallint[], $5::smallint[], $6::text[], $7::bigint[], $8::bigint[],
    $9::bigint[], $10::bigint[], $11::integer[], $12::smallint[], $13::bigint[], $14::uuid[]
) AS added
