INSERT INTO ledger.paid_references (merchant_id, reference, payment_id)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[])
