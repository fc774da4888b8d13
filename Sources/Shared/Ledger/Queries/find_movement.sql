-- A movement as lock_movements.sql has it, without locking it.
SELECT command_id, wallet_id, beneficiary_id, amount, fee, last_period, last_lane, last_seq, kind, method, currency,
    fee_version, status, code, merchant_id, payment_id, refunded, fee_refunded, is_disputed, proposed_by,
    due_at, expected_by, limit_version, limit_day
FROM ledger.movements
WHERE command_id = $1::uuid
