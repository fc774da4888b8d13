INSERT INTO ledger.chain (lane, first_seq, last_seq, at, hash) VALUES ($1, $2, $3, $4, $5)
