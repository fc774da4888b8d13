-- Its leases are free with it.
DELETE FROM ledger.workers WHERE id = $1
