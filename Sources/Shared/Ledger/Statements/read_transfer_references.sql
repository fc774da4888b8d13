-- Which of these references are given out. Another lane may give one out meanwhile: then the insert fails, and the
-- batch is judged again.
SELECT reference FROM ledger.transfer_references WHERE reference = ANY ($1::bigint[])
