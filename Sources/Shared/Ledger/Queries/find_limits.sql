-- How well a wallet's owner is known, and what went out of all of its wallets in the last day that any did.
SELECT owners.kyc_level, owners.kyc_expires_at, owners.kyc_level_1_expires_at, owners.spent_day, owners.spent_in_day,
    owners.spent_in_month
FROM ledger.wallets
JOIN ledger.owners ON owners.id = wallets.owner_id
WHERE wallets.id = $1::uuid
