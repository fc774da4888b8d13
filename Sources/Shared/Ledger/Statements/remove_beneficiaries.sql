UPDATE ledger.beneficiaries SET removed_at = $2 WHERE id = ANY ($1::uuid[])
