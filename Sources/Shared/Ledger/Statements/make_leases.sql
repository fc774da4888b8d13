INSERT INTO ledger.leases (lane) SELECT generate_series(0, $1::integer - 1) ON CONFLICT DO NOTHING
