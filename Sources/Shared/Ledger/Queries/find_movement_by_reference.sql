-- The top-up that a bank transfer's reference names, as find_movement.sql has it.
SELECT movements.command_id, wallet_id, beneficiary_id, amount, fee, last_period, last_lane, last_seq, kind, method,
    currency, fee_version, status, code, merchant_id, payment_id, refunded, fee_refunded, is_disputed, proposed_by,
    due_at, expected_by, limit_version, limit_day
FROM ledger.transfer_references
JOIN ledger.movements ON movements.command_id = transfer_references.top_up_id
WHERE reference = $1
