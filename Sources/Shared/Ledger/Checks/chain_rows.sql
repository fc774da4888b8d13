SELECT first_seq, last_seq, at, hash FROM ledger.chain
WHERE lane = $1 AND first_seq > $2 AND first_seq <= $3 ORDER BY first_seq
