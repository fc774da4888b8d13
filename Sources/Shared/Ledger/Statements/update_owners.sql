UPDATE ledger.owners
SET free_month = changed.free_month, free_transfers = changed.free_transfers, sub_wallets = changed.sub_wallets
FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::integer[])
    AS changed (id, free_month, free_transfers, sub_wallets)
WHERE owners.id = changed.id
