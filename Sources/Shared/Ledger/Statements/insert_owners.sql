INSERT INTO ledger.owners (id, controller, kyc_level, kyc_expires_at, kyc_level_1_expires_at)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::timestamptz[], $5::timestamptz[])
