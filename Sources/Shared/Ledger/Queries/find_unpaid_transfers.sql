-- Bank transfers that nobody has made, of references given out by $1, after the one with id $2. The last outcome about
-- each is the one that gave its reference out.
SELECT movements.command_id, movements.wallet_id, movements.amount, movements.currency
FROM ledger.movements
JOIN ledger.outcomes
    ON outcomes.period = movements.last_period AND outcomes.lane = movements.last_lane
    AND outcomes.lane_seq = movements.last_seq
WHERE movements.kind = 1 AND movements.method = 3 AND movements.status = 2 AND movements.command_id > $2::uuid
    AND outcomes.at <= $1::timestamptz
ORDER BY movements.command_id
LIMIT $3::bigint
