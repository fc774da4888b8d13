INSERT INTO ledger.entries (
    period, lane, lane_seq, ordinal, account, currency, amount, wallet_id, version, available, pending, reserve,
    previous_period, previous_lane, previous_seq
)
SELECT $1, $2, lane_seq, ordinal, account, currency, amount, wallet_id, version, available, pending, reserve,
    previous_period, previous_lane, previous_seq
FROM unnest(
    $3::bigint[], $4::smallint[], $5::smallint[], $6::smallint[], $7::bigint[], $8::uuid[], $9::bigint[], $10::bigint[],
    $11::bigint[], $12::bigint[], $13::integer[], $14::smallint[], $15::bigint[]
) AS added (
    lane_seq, ordinal, account, currency, amount, wallet_id, version, available, pending, reserve, previous_period,
    previous_lane, previous_seq
)
