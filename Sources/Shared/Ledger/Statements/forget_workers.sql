-- The dead stay to be seen for ten minutes. No age reaches back beyond `since` (see ledger.workers_seen).
DELETE FROM ledger.workers
WHERE greatest(heartbeat_at, pg_postmaster_start_time(), $1) < clock_timestamp() - interval '10 minutes'
