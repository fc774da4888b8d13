-- The fence: whoever holds this row under the current epoch owns the lane for the transaction.
SELECT epoch, head, published, chain_hash, last_time, clock_timestamp()
FROM ledger.lanes WHERE lane = $1 FOR NO KEY UPDATE
