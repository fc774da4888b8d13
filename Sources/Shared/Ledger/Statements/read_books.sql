-- The operator's accounts over all lanes, credits positive. Other lanes go on: what they are posting is not in it.
SELECT account, currency, sum(balance)::bigint FROM ledger.system_accounts GROUP BY account, currency
