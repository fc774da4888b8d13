-- How these withdrawals stand, and whether their wallets may be debited.
SELECT movements.command_id, movements.wallet_id, due_at, wallets.status, wallets.standing_version,
    movements.status = 3 AS is_held
FROM ledger.movements
JOIN ledger.wallets ON wallets.id = movements.wallet_id
WHERE movements.command_id = ANY ($1::uuid[]) AND movements.kind = 2
