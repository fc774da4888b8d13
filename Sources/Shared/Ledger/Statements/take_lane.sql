-- A new session of a lane raises the epoch, which ends whatever an earlier owner still has under way. One that was
-- stopped halfway through sending a batch holds its locks and is "active", so that neither the time-out for idle
-- transactions nor that for statements ends it: whatever of ours has kept its client's turn for so long is ended here.
WITH ended AS MATERIALIZED (
    SELECT count(pg_terminate_backend(pid)) AS sessions FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
        AND xact_start IS NOT NULL AND wait_event_type = 'Client' AND state_change < now() - interval '2 seconds'
)
INSERT INTO ledger.lanes AS lanes (lane, epoch) SELECT $1::smallint, 1 FROM ended
ON CONFLICT (lane) DO UPDATE SET epoch = lanes.epoch + 1
RETURNING epoch, head, published
