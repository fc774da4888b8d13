-- Who runs the lanes: the worker processes by their heartbeats, the lane each may consume, and what operators asked
-- for.
--
-- A lease says who consumes a lane, and nothing else. What may be written is for the lane's epoch in ledger.lanes: a
-- wrong lease costs time and never money. All times here are the database's.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'wallet_operator') THEN
        CREATE ROLE wallet_operator NOLOGIN;
    END IF;
END
$$;

CREATE TABLE ledger.workers (
    id uuid PRIMARY KEY,
    -- In the order of joining.
    number bigint GENERATED ALWAYS AS IDENTITY,
    host text NOT NULL,
    pid integer NOT NULL,
    version text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    heartbeat_at timestamptz NOT NULL,
    -- Since when no heartbeat was so late that the worker counted as dead.
    steady_since timestamptz NOT NULL,
    -- The server's process for its session, which ends as soon as the worker's socket is closed.
    session_pid integer NOT NULL,
    -- What it does, by its own word; and what an operator wants of it.
    state text NOT NULL CHECK (state IN ('running', 'paused', 'draining', 'drained')),
    wanted text NOT NULL DEFAULT 'running' CHECK (wanted IN ('running', 'paused', 'drained', 'ended'))
) WITH (fillfactor = 50);

-- A row for each lane, with nobody's id while nobody has it.
CREATE TABLE ledger.leases (
    lane smallint PRIMARY KEY CHECK (lane BETWEEN 0 AND 255),
    worker_id uuid REFERENCES ledger.workers ON DELETE SET NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);

-- What is wanted of all workers together, of those too that have yet to start.
CREATE TABLE ledger.fleet (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    is_paused boolean NOT NULL DEFAULT false
);
INSERT INTO ledger.fleet DEFAULT VALUES;

-- What operators did through the admin API. A row never changes.
CREATE TABLE ledger.operator_acts (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- The token's subject and the app through which it acted; the idempotency key is theirs.
    operator text NOT NULL,
    client text NOT NULL,
    key text NOT NULL,
    act text NOT NULL,
    target text NOT NULL,
    UNIQUE (operator, client, key)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger.operator_acts
    FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger.operator_acts EXECUTE FUNCTION ledger.refuse_change();
CREATE VIEW audit.operator_acts AS SELECT number, at, operator, client, key, act, target FROM ledger.operator_acts;
GRANT SELECT ON audit.operator_acts TO wallet_auditor;

-- The workers and whether each is alive. A heartbeat, due every second, is too late after 4 s, and after 2 s when the
-- worker's session is gone as well. Nobody could beat while the server was away: no age reaches back beyond `since`,
-- the time from which whoever asks knows that it was there, nor beyond its start.
CREATE FUNCTION ledger.workers_seen(since timestamptz) RETURNS TABLE (
    id uuid, number bigint, host text, pid integer, version text, started_at timestamptz, age interval, state text,
    wanted text, standing text, is_alive boolean, is_steady boolean, lanes smallint[]
) LANGUAGE sql STABLE AS $$
    WITH sessions AS MATERIALIZED (
        SELECT pid FROM pg_stat_activity WHERE datname = current_database()
    )
    SELECT
        worker.id, worker.number, worker.host, worker.pid, worker.version, worker.started_at,
        clock_timestamp() - worker.heartbeat_at, worker.state, worker.wanted,
        CASE
            WHEN worker.wanted IN ('drained', 'ended') OR worker.state = 'draining' THEN 'leaving'
            WHEN fleet.is_paused OR worker.wanted = 'paused' THEN 'paused'
            ELSE 'running'
        END,
        lateness < interval '2 seconds'
        OR lateness < interval '4 seconds' AND worker.session_pid IN (SELECT sessions.pid FROM sessions),
        worker.heartbeat_at - worker.steady_since >= interval '5 seconds',
        ARRAY(SELECT leases.lane FROM ledger.leases WHERE leases.worker_id = worker.id ORDER BY leases.lane)
    FROM ledger.workers AS worker
    CROSS JOIN ledger.fleet
    CROSS JOIN LATERAL (
        SELECT clock_timestamp() - greatest(worker.heartbeat_at, pg_postmaster_start_time(), since) AS lateness
    ) AS heartbeat
$$;

-- One act of an operator, done and written down together; `worker` is null for all of them. A key that was used before
-- does nothing again. Answers done, repeated, key_reused or not_found.
CREATE FUNCTION ledger.operate(operator text, client text, key text, act text, worker uuid) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    aim text := coalesce(worker::text, 'all');
    wish text := CASE act
        WHEN 'pause' THEN 'paused' WHEN 'resume' THEN 'running' WHEN 'drain' THEN 'drained' WHEN 'end' THEN 'ended'
    END;
    earlier ledger.operator_acts;
    is_new boolean := false;
BEGIN
    IF worker IS NULL OR EXISTS (SELECT FROM ledger.workers WHERE id = worker) THEN
        INSERT INTO ledger.operator_acts (operator, client, key, act, target)
        VALUES (operate.operator, operate.client, operate.key, operate.act, aim)
        ON CONFLICT DO NOTHING;
        is_new := FOUND;
    END IF;
    IF NOT is_new THEN
        SELECT * INTO earlier FROM ledger.operator_acts AS acts
        WHERE acts.operator = operate.operator AND acts.client = operate.client AND acts.key = operate.key;
        RETURN CASE
            WHEN NOT FOUND THEN 'not_found'
            WHEN earlier.act = operate.act AND earlier.target = aim THEN 'repeated'
            ELSE 'key_reused'
        END;
    END IF;
    IF worker IS NOT NULL THEN
        UPDATE ledger.workers SET wanted = wish WHERE id = worker;
    ELSE
        -- All of them: the fleet's own switch, and resuming takes every single pause back with it.
        UPDATE ledger.fleet SET is_paused = (act = 'pause');
        UPDATE ledger.workers SET wanted = 'running' WHERE act = 'resume' AND wanted = 'paused';
    END IF;
    RETURN 'done';
END
$$;

REVOKE ALL ON FUNCTION ledger.operate(text, text, text, text, uuid), ledger.workers_seen(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.workers_seen(timestamptz) TO wallet_lane, wallet_operator;
GRANT EXECUTE ON FUNCTION ledger.operate(text, text, text, text, uuid) TO wallet_operator;
GRANT USAGE ON SCHEMA ledger TO wallet_operator;

GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.workers TO wallet_lane;
GRANT SELECT, INSERT, UPDATE ON ledger.leases TO wallet_lane;
GRANT SELECT ON ledger.fleet TO wallet_lane;

GRANT SELECT ON ledger.workers, ledger.leases, ledger.fleet, ledger.lanes, ledger.operator_acts TO wallet_operator;
GRANT UPDATE (wanted) ON ledger.workers TO wallet_operator;
GRANT UPDATE (is_paused) ON ledger.fleet TO wallet_operator;
GRANT INSERT ON ledger.operator_acts TO wallet_operator;
