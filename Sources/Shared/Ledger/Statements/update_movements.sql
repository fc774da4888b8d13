UPDATE ledger.movements
SET status = changed.status, code = changed.code, last_period = changed.last_period, last_lane = changed.last_lane,
    last_seq = changed.last_seq
FROM unnest($1::uuid[], $2::smallint[], $3::smallint[], $4::integer[], $5::smallint[], $6::bigint[])
    AS changed (command_id, status, code, last_period, last_lane, last_seq)
WHERE movements.command_id = changed.command_id
