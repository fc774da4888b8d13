-- A wallet's owner never changes, so this cannot pair an old row with a new one.
SELECT id, controller, kyc_level, kyc_expires_at, kyc_level_1_expires_at, member_ids, member_roles, free_month,
    free_transfers, sub_wallets, spent_day, spent_in_day, spent_in_month
FROM ledger.owners
WHERE id = ANY (ARRAY(SELECT owner_id FROM ledger.wallets WHERE id = ANY ($1::uuid[])) || $2::uuid[])
ORDER BY id FOR NO KEY UPDATE
