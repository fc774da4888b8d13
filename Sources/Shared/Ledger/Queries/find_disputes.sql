-- Disputes that a wallet is a party to, as payer or as merchant, the newest first; with $4 that one alone.
SELECT disputes.command_id, disputes.payment_id, disputes.wallet_id, disputes.merchant_id, disputes.amount,
    disputes.currency, disputes.status, outcomes.at, outcomes.body
FROM (
    SELECT * FROM ledger.movements WHERE kind = 4 AND wallet_id = $1::uuid
    UNION ALL
    SELECT * FROM ledger.movements WHERE kind = 4 AND merchant_id = $1::uuid
    UNION ALL
    SELECT * FROM ledger.movements WHERE kind = 4 AND command_id = $4::uuid
) AS disputes
JOIN ledger.command_index AS found ON found.command_id = disputes.command_id
JOIN ledger.outcomes
    ON outcomes.period = found.period AND outcomes.lane = found.lane AND outcomes.lane_seq = found.lane_seq
ORDER BY outcomes.at DESC, disputes.command_id
LIMIT $2::bigint OFFSET $3::bigint
