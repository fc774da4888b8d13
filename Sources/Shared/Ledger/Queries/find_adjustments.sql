-- Adjustments by hand, those that wait for an approval first, and of each kind the newest first.
SELECT movements.command_id, movements.wallet_id, method, movements.amount, movements.currency, proposed_by,
    movements.status, outcomes.at, outcomes.body
FROM ledger.movements
JOIN ledger.command_index AS found ON found.command_id = movements.command_id
JOIN ledger.outcomes
    ON outcomes.period = found.period AND outcomes.lane = found.lane AND outcomes.lane_seq = found.lane_seq
WHERE movements.kind = 5
ORDER BY movements.status = 2 DESC, outcomes.at DESC, movements.command_id
LIMIT $1::bigint OFFSET $2::bigint
