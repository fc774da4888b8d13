SELECT command_id, wallet_id, beneficiary_id, amount, fee, last_period, last_lane, last_seq, kind, method, currency,
    fee_version, status, code
FROM ledger.movements WHERE command_id = ANY ($1::uuid[]) ORDER BY command_id FOR NO KEY UPDATE
