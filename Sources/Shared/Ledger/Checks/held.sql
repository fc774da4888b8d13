-- Wallets whose pending money is not what their held withdrawals hold.
SELECT coalesce(wallets.id, held.wallet_id), coalesce(held.amount, 0)::numeric, coalesce(wallets.pending, 0)::numeric
FROM (SELECT id, pending FROM ledger.wallets WHERE pending <> 0) AS wallets
FULL JOIN (
    SELECT wallet_id, sum(amount::numeric + fee) AS amount
    FROM ledger.movements WHERE kind = 2 AND status = 3 GROUP BY wallet_id
) AS held ON held.wallet_id = wallets.id
WHERE coalesce(wallets.pending, 0) <> coalesce(held.amount, 0)
