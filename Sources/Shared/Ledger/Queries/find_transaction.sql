-- The wallets' lines of one transaction, and which of them are those of person $4.
SELECT outcomes.subject_id, outcomes.transition, outcomes.at, outcomes.body, outcomes.wallet_id, outcomes.fee,
    outcomes.fee_version, entries.wallet_id, entries.account, entries.amount, entries.currency, entries.version,
    entries.available, entries.pending, entries.reserve,
    coalesce(owners.controller = $4::uuid OR $4::uuid = ANY (owners.member_ids), false)
FROM ledger.outcomes
JOIN ledger.entries
    ON entries.period = outcomes.period AND entries.lane = outcomes.lane AND entries.lane_seq = outcomes.lane_seq
JOIN ledger.wallets ON wallets.id = entries.wallet_id
JOIN ledger.owners ON owners.id = wallets.owner_id
WHERE outcomes.period = $1::integer AND outcomes.lane = $2::smallint AND outcomes.lane_seq = $3::bigint
ORDER BY entries.ordinal
