INSERT INTO ledger.beneficiaries (id, wallet_id, rib, holder_name, added_at, verified_at)
SELECT id, wallet_id, rib, holder_name, $6, verified_at
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[])
    AS added (id, wallet_id, rib, holder_name, verified_at)
