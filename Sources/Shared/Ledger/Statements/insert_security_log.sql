INSERT INTO ledger.security_log AS log (digest, code, reason, user_id, message_id, times, lane)
SELECT added.*, $7
FROM unnest($1::bytea[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::bigint[]) AS added
ON CONFLICT (digest) DO UPDATE SET times = log.times + excluded.times, last_seen = now()
