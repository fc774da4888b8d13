-- Which of these commands came before, and with what content.
SELECT found.command_id, found.period, found.lane, found.lane_seq, outcomes.type_name, outcomes.target, outcomes.body
FROM ledger.command_index AS found
JOIN ledger.outcomes
    ON outcomes.period = found.period AND outcomes.lane = found.lane AND outcomes.lane_seq = found.lane_seq
WHERE found.command_id = ANY ($1::uuid[])
