SELECT outcomes.period, outcomes.lane, outcomes.lane_seq, command_id, subject_id, transition, status, code, field,
    wallet_id, amount, currency, fee, fee_version, at, has_entries, detail, traceparent, limit_version, limit_day
FROM unnest($1::integer[], $2::smallint[], $3::bigint[]) AS wanted (period, lane, lane_seq)
JOIN ledger.outcomes
    ON outcomes.period = wanted.period AND outcomes.lane = wanted.lane AND outcomes.lane_seq = wanted.lane_seq
