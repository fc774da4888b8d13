-- Every account of the books, credits positive; number 0 is what all customers' buckets hold together.
SELECT account, currency, sum(balance) FROM ledger.system_accounts GROUP BY account, currency
UNION ALL
SELECT 0::smallint, currency, sum(available::numeric + pending + reserve) FROM ledger.wallets GROUP BY currency
ORDER BY 2, 1
