SELECT account, currency, lane, balance FROM ledger.system_accounts ORDER BY lane, account, currency
