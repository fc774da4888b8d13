-- The chain row that covers a number of a lane, or the one before it.
SELECT first_seq, last_seq, at, hash FROM ledger.chain WHERE lane = $1 AND first_seq <= $2
ORDER BY first_seq DESC LIMIT 1
