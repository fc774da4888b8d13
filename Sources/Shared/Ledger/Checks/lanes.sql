-- Every lane that anything belongs to, whether or not it has a row of its own. The lanes of a large table are found by
-- stepping through its index from one to the next.
WITH RECURSIVE
outcome_lanes (lane) AS (
    SELECT min(lane) FROM ledger.outcomes
    UNION ALL
    SELECT (SELECT min(lane) FROM ledger.outcomes AS later WHERE later.lane > earlier.lane)
    FROM outcome_lanes AS earlier WHERE earlier.lane IS NOT NULL
),
entry_lanes (lane) AS (
    SELECT min(lane) FROM ledger.entries
    UNION ALL
    SELECT (SELECT min(lane) FROM ledger.entries AS later WHERE later.lane > earlier.lane)
    FROM entry_lanes AS earlier WHERE earlier.lane IS NOT NULL
),
chain_lanes (lane) AS (
    SELECT min(lane) FROM ledger.chain
    UNION ALL
    SELECT (SELECT min(lane) FROM ledger.chain AS later WHERE later.lane > earlier.lane)
    FROM chain_lanes AS earlier WHERE earlier.lane IS NOT NULL
),
known (lane) AS (
    SELECT lane FROM ledger.lanes
    UNION SELECT lane FROM ledger.system_accounts
    UNION SELECT lane FROM outcome_lanes
    UNION SELECT lane FROM entry_lanes
    UNION SELECT lane FROM chain_lanes
)
SELECT known.lane, lanes.head, lanes.published, lanes.chain_hash, lanes.last_time
FROM known LEFT JOIN ledger.lanes ON lanes.lane = known.lane
WHERE known.lane IS NOT NULL ORDER BY known.lane
