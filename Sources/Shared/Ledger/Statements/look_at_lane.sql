SELECT head, published FROM ledger.lanes WHERE lane = $1
