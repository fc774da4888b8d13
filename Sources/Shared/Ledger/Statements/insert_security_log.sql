INSERT INTO ledger.security_log AS log (digest, code, reason, user_id, message_id, lane)
SELECT added.*, $6 FROM unnest($1::bytea[], $2::smallint[], $3::text[], $4::text[], $5::text[]) AS added
ON CONFLICT (digest) DO UPDATE SET times = log.times + 1, last_seen = now()
