INSERT INTO ledger.system_accounts AS stripes (account, currency, balance, lane)
SELECT account, currency, change, $4
FROM unnest($1::smallint[], $2::smallint[], $3::bigint[]) AS added (account, currency, change)
ON CONFLICT (account, currency, lane) DO UPDATE SET balance = stripes.balance + excluded.balance
