-- The rows are locked and the values absolute; a wallet's standing is not money's business and stays.
UPDATE ledger.wallets
SET available = changed.available, pending = changed.pending, reserve = changed.reserve, version = changed.version,
    last_period = changed.last_period, last_lane = changed.last_lane, last_seq = changed.last_seq
FROM unnest(
    $1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::integer[], $7::smallint[], $8::bigint[]
) AS changed (id, available, pending, reserve, version, last_period, last_lane, last_seq)
WHERE wallets.id = changed.id
