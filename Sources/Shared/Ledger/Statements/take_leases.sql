-- Each lane only if it is still held by whom it was seen with; nobody is written as zeros.
UPDATE ledger.leases AS leases SET worker_id = $1, changed_at = clock_timestamp()
FROM unnest($2::smallint[], $3::uuid[]) AS wish (lane, holder)
WHERE leases.lane = wish.lane
    AND leases.worker_id IS NOT DISTINCT FROM nullif(wish.holder, '00000000-0000-0000-0000-000000000000'::uuid)
RETURNING leases.lane
