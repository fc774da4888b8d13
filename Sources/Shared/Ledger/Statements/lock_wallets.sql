SELECT id, owner_id, type, currency, status, name, available, pending, reserve, version, last_period, last_lane,
    last_seq
FROM ledger.wallets WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE
