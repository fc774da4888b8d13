-- What a lane has decided and perhaps not announced: a few at a time, in order.
SELECT period, lane, lane_seq, command_id, subject_id, transition, status, code, field, wallet_id, amount, currency,
    fee, fee_version, at, has_entries, detail, traceparent, limit_version, limit_day
FROM ledger.outcomes WHERE lane = $1 AND lane_seq > $2 ORDER BY lane_seq LIMIT $3
