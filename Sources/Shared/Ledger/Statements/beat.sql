-- A worker's heartbeat, which is also how it joins. One that comes too late to have been alive begins anew.
INSERT INTO ledger.workers AS workers (id, host, pid, version, state, session_pid, heartbeat_at, steady_since)
VALUES ($1, $2, $3, $4, $5, pg_backend_pid(), clock_timestamp(), clock_timestamp())
ON CONFLICT (id) DO UPDATE SET
    state = excluded.state, session_pid = excluded.session_pid, heartbeat_at = excluded.heartbeat_at,
    steady_since = CASE
        WHEN excluded.heartbeat_at - workers.heartbeat_at < interval '4 seconds' THEN workers.steady_since
        ELSE excluded.heartbeat_at
    END
RETURNING session_pid, heartbeat_at, wanted
