SELECT entries.period, entries.lane, entries.lane_seq, account, currency, amount, wallet_id, version, available,
    pending, reserve, previous_period, previous_lane, previous_seq
FROM unnest($1::integer[], $2::smallint[], $3::bigint[]) AS wanted (period, lane, lane_seq)
JOIN ledger.entries
    ON entries.period = wanted.period AND entries.lane = wanted.lane AND entries.lane_seq = wanted.lane_seq
ORDER BY entries.lane, entries.lane_seq, ordinal
