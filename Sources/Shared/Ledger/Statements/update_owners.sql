UPDATE ledger.owners
SET free_month = changed.free_month, free_transfers = changed.free_transfers, sub_wallets = changed.sub_wallets,
    spent_day = changed.spent_day, spent_in_day = changed.spent_in_day, spent_in_month = changed.spent_in_month
FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::integer[], $5::integer[], $6::bigint[], $7::bigint[])
    AS changed (id, free_month, free_transfers, sub_wallets, spent_day, spent_in_day, spent_in_month)
WHERE owners.id = changed.id
