SELECT id, wallet_id, rib, holder_name, verified_at, added_at, removed_at
FROM ledger.beneficiaries
WHERE id IN (
    SELECT beneficiary_id FROM ledger.movements WHERE wallet_id = ANY ($1::uuid[]) AND kind = 2 AND status = 3
)
