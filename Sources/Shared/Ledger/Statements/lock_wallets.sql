-- The wallets named, and those of the movements that commands are about, which never change either.
SELECT id, owner_id, type, currency, status, name, available, pending, reserve, version, last_period, last_lane,
    last_seq, parent_id, frozen_by, under_way, standing_version, claim
FROM ledger.wallets
WHERE id = ANY (
    $1::uuid[]
    || ARRAY(SELECT wallet_id FROM ledger.movements WHERE command_id = ANY ($2::uuid[]))
    || ARRAY(
        SELECT merchant_id FROM ledger.movements WHERE command_id = ANY ($2::uuid[]) AND merchant_id IS NOT NULL
    )
)
ORDER BY id FOR NO KEY UPDATE
