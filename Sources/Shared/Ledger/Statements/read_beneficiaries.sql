SELECT id, wallet_id, rib, holder_name, verified_at, added_at, removed_at
FROM ledger.beneficiaries
WHERE id = ANY ($1::uuid[] || ARRAY(SELECT beneficiary_id FROM ledger.movements WHERE command_id = ANY ($2::uuid[])))
