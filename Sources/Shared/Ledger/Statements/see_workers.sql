SELECT id, number, standing, is_alive, is_steady, lanes FROM ledger.workers_seen($1) ORDER BY number
