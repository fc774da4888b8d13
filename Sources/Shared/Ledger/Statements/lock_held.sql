-- The withdrawals of the wallets that are not sent yet. The wallets are locked, so there are no others to come.
SELECT command_id, wallet_id, beneficiary_id, amount, fee, last_period, last_lane, last_seq, kind, method, currency,
    fee_version, status, code, merchant_id, payment_id, refunded, fee_refunded, is_disputed, proposed_by,
    due_at, expected_by, limit_version, limit_day
FROM ledger.movements
WHERE wallet_id = ANY ($1::uuid[]) AND kind = 2 AND status = 3
ORDER BY command_id FOR NO KEY UPDATE
