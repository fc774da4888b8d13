SELECT ledger.operate($1, $2, $3, $4, $5)
