UPDATE ledger.beneficiaries SET verified_at = $2 WHERE id = ANY ($1::uuid[])
