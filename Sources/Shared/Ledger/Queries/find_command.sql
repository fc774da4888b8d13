-- A command as it was first decided, where it stands now, and what its last outcome did to the wallets of person $2:
-- a row for each of these wallets, or one without a wallet.
SELECT
    first.type_name, first.target, first.body, first.content_digest, first.caller, first.accepted_at, first.wallet_id,
    last.status, last.code, last.field, last.fee, last.fee_version, last.currency, last.at,
    last.period, last.lane, last.lane_seq, last.has_entries,
    CASE WHEN named_owner.controller = $2::uuid OR $2::uuid = ANY (named_owner.member_ids) THEN named.version END,
    own.wallet_id, own.version, own.available, own.pending, own.reserve, own.currency,
    movement.due_at, movement.expected_by, given.reference
FROM ledger.command_index AS found
JOIN ledger.outcomes AS first
    ON first.period = found.period AND first.lane = found.lane AND first.lane_seq = found.lane_seq
LEFT JOIN ledger.movements AS movement ON movement.command_id = found.command_id
JOIN ledger.outcomes AS last
    ON last.period = coalesce(movement.last_period, found.period)
    AND last.lane = coalesce(movement.last_lane, found.lane)
    AND last.lane_seq = coalesce(movement.last_seq, found.lane_seq)
LEFT JOIN ledger.transfer_references AS given ON given.top_up_id = movement.command_id
LEFT JOIN ledger.wallets AS named ON named.id = first.wallet_id
LEFT JOIN ledger.owners AS named_owner ON named_owner.id = named.owner_id
LEFT JOIN LATERAL (
    SELECT DISTINCT ON (entries.wallet_id)
        entries.wallet_id, entries.version, entries.available, entries.pending, entries.reserve, entries.currency
    FROM ledger.entries
    JOIN ledger.wallets ON wallets.id = entries.wallet_id
    JOIN ledger.owners ON owners.id = wallets.owner_id
    WHERE entries.period = last.period AND entries.lane = last.lane AND entries.lane_seq = last.lane_seq
        AND (owners.controller = $2::uuid OR $2::uuid = ANY (owners.member_ids))
    ORDER BY entries.wallet_id
) AS own ON true
WHERE found.command_id = $1::uuid
