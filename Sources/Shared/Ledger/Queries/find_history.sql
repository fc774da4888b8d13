-- A wallet's transactions, newest first: from a position, or without one from the wallet's last, along the list that
-- the entries are. A position at which the wallet has no entry ends the list.
WITH RECURSIVE history (number, period, lane, lane_seq) AS (
    SELECT 1::bigint, start.period, start.lane, start.lane_seq
    FROM (
        SELECT $2::integer AS period, $3::smallint AS lane, $4::bigint AS lane_seq
        UNION ALL
        SELECT last_period, last_lane, last_seq FROM ledger.wallets WHERE id = $1::uuid AND $4::bigint IS NULL
    ) AS start
    WHERE start.lane_seq IS NOT NULL
    UNION ALL
    SELECT history.number + 1, step.previous_period, step.previous_lane, step.previous_seq
    FROM history
    CROSS JOIN LATERAL (
        SELECT previous_period, previous_lane, previous_seq
        FROM ledger.entries
        WHERE entries.period = history.period AND entries.lane = history.lane AND entries.lane_seq = history.lane_seq
            AND entries.wallet_id = $1::uuid
        LIMIT 1
    ) AS step
    WHERE history.number < $5::bigint AND step.previous_seq IS NOT NULL
)
SELECT history.period, history.lane, history.lane_seq, outcomes.subject_id, outcomes.transition, outcomes.at,
    outcomes.body, line.change, line.currency, line.version, line.available, line.pending, line.reserve,
    line.previous_period, line.previous_lane, line.previous_seq
FROM history
JOIN ledger.outcomes
    ON outcomes.period = history.period AND outcomes.lane = history.lane AND outcomes.lane_seq = history.lane_seq
CROSS JOIN LATERAL (
    SELECT coalesce(sum(amount) FILTER (WHERE account = 1), 0)::bigint AS change, min(currency) AS currency,
        min(version) AS version, min(available) AS available, min(pending) AS pending, min(reserve) AS reserve,
        min(previous_period) AS previous_period, min(previous_lane) AS previous_lane,
        min(previous_seq) AS previous_seq
    FROM ledger.entries
    WHERE entries.period = history.period AND entries.lane = history.lane AND entries.lane_seq = history.lane_seq
        AND entries.wallet_id = $1::uuid
    HAVING count(*) > 0
) AS line
ORDER BY history.number
