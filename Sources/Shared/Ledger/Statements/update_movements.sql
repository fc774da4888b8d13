UPDATE ledger.movements
SET status = changed.status, code = changed.code, last_period = changed.last_period, last_lane = changed.last_lane,
    last_seq = changed.last_seq, refunded = changed.refunded, fee_refunded = changed.fee_refunded,
    is_disputed = changed.is_disputed
FROM unnest(
    $1::uuid[], $2::smallint[], $3::smallint[], $4::integer[], $5::smallint[], $6::bigint[], $7::bigint[], $8::bigint[],
    $9::boolean[]
) AS changed (command_id, status, code, last_period, last_lane, last_seq, refunded, fee_refunded, is_disputed)
WHERE movements.command_id = changed.command_id
