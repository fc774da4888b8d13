INSERT INTO ledger.outcomes (
    period, lane, at, lane_seq, command_id, subject_id, type, type_name, transition, status, code, field,
    wallet_id, amount, currency, fee, fee_version, has_entries, accepted_at, content_digest, client, caller, target,
    body, detail, traceparent, limit_version, limit_day
)
SELECT $1, $2, $3, $4 + number - 1, command_id, subject_id, type, type_name, transition, status, code, field, wallet_id,
    amount, currency, fee, fee_version, has_entries, accepted_at, content_digest, client, caller, target, body, detail,
    traceparent, limit_version, limit_day
FROM unnest(
    $5::uuid[], $6::uuid[], $7::smallint[], $8::text[], $9::smallint[], $10::smallint[], $11::smallint[], $12::text[],
    $13::uuid[], $14::bigint[], $15::smallint[], $16::bigint[], $17::smallint[], $18::boolean[], $19::timestamptz[],
    $20::bytea[], $21::text[], $22::text[], $23::text[], $24::bytea[], $25::bytea[], $26::text[],
    $27::smallint[], $28::integer[]
) WITH ORDINALITY AS added (
    command_id, subject_id, type, type_name, transition, status, code, field, wallet_id, amount, currency, fee,
    fee_version, has_entries, accepted_at, content_digest, client, caller, target, body, detail, traceparent,
    limit_version, limit_day, number
)
