UPDATE ledger.leases SET worker_id = NULL, changed_at = clock_timestamp() WHERE worker_id = $1 AND lane = ANY ($2)
