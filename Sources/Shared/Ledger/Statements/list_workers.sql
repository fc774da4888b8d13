-- For operators. What a lane has decided and is not yet known to have announced is its share of the lag.
SELECT
    id, host, pid, version, started_at, (extract(epoch FROM age) * 1000)::bigint, state, wanted, is_alive, lanes,
    (SELECT coalesce(sum(head - published), 0)::bigint FROM ledger.lanes WHERE lanes.lane = ANY (seen.lanes)),
    fleet.is_paused
FROM ledger.fleet LEFT JOIN ledger.workers_seen(NULL) AS seen ON true
ORDER BY number
