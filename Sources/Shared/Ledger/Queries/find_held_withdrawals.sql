-- Withdrawals that are held and due before $1, after the one at ($2, $3), in the order in which they are due.
SELECT movements.command_id, movements.wallet_id, due_at, wallets.status, wallets.standing_version
FROM ledger.movements
JOIN ledger.wallets ON wallets.id = movements.wallet_id
WHERE movements.kind = 2 AND movements.status = 3 AND due_at <= $1::timestamptz
    AND (due_at, command_id) > ($2::timestamptz, $3::uuid)
ORDER BY due_at, command_id
LIMIT $4::bigint
