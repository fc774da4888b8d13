UPDATE ledger.lanes
SET head = $3, chain_hash = $4, last_time = $5, published = greatest(published, $6), repeats = repeats + $7
WHERE lane = $1 AND epoch = $2
