INSERT INTO ledger.movements (
    command_id, wallet_id, beneficiary_id, amount, fee, last_period, last_lane, last_seq, kind, method, currency,
    fee_version, status, code, merchant_id, payment_id, proposed_by, due_at, expected_by, limit_version,
    limit_day
)
SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::integer[], $7::smallint[], $8::bigint[],
    $9::smallint[], $10::smallint[], $11::smallint[], $12::smallint[], $13::smallint[], $14::smallint[], $15::uuid[],
    $16::uuid[], $17::uuid[], $18::timestamptz[], $19::timestamptz[], $20::smallint[], $21::integer[]
)
