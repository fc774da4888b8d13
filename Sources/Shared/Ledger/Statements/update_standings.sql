UPDATE ledger.wallets
SET status = changed.status, frozen_by = changed.frozen_by, under_way = changed.under_way,
    standing_version = changed.standing_version, claim = changed.claim
FROM unnest($1::uuid[], $2::smallint[], $3::smallint[], $4::integer[], $5::bigint[], $6::bigint[])
    AS changed (id, status, frozen_by, under_way, standing_version, claim)
WHERE wallets.id = changed.id
