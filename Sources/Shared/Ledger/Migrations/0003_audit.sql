-- What auditors read. In every snapshot debits = credits, and balance = derived_balance.

CREATE SCHEMA audit;

-- The accounts' balances, each on the side it stands on.
CREATE VIEW audit.trial_balance AS
WITH account_balances AS (
    SELECT currency, account, sum(balance) AS balance FROM ledger.system_accounts GROUP BY currency, account
    UNION ALL
    SELECT currency, 0, sum(available::numeric + pending + reserve) FROM ledger.wallets GROUP BY currency
)
SELECT
    currency.name AS currency,
    coalesce(sum(-balance) FILTER (WHERE balance < 0), 0) AS debits,
    coalesce(sum(balance) FILTER (WHERE balance > 0), 0) AS credits
FROM account_balances
JOIN ledger.names AS currency ON currency.kind = 'currency' AND currency.number = account_balances.currency
GROUP BY currency.name;

-- Every balance beside what the entries say it is; system accounts have no wallet_id. Credits are positive.
CREATE VIEW audit.balances AS
WITH stored AS (
    SELECT id AS wallet_id, bucket.account, currency, bucket.balance::numeric
    FROM ledger.wallets
    CROSS JOIN LATERAL (VALUES (1::smallint, available), (2::smallint, pending), (3::smallint, reserve))
        AS bucket (account, balance)
    UNION ALL
    SELECT NULL, account, currency, sum(balance) FROM ledger.system_accounts GROUP BY account, currency
),
derived AS (
    SELECT wallet_id, account, currency, sum(amount) AS balance
    FROM ledger.entries GROUP BY wallet_id, account, currency
)
SELECT
    coalesce(stored.wallet_id, derived.wallet_id) AS wallet_id,
    account.name AS bucket,
    currency.name AS currency,
    coalesce(stored.balance, 0) AS balance,
    coalesce(derived.balance, 0) AS derived_balance
FROM stored
FULL JOIN derived
    ON coalesce(stored.wallet_id, '00000000-0000-0000-0000-000000000000')
        = coalesce(derived.wallet_id, '00000000-0000-0000-0000-000000000000')
    AND stored.account = derived.account AND stored.currency = derived.currency
JOIN ledger.names AS account
    ON account.kind = 'account' AND account.number = coalesce(stored.account, derived.account)
JOIN ledger.names AS currency
    ON currency.kind = 'currency' AND currency.number = coalesce(stored.currency, derived.currency);

CREATE VIEW audit.entries AS
SELECT
    entries.lane, entries.lane_seq, entries.ordinal, outcomes.at, outcomes.command_id, entries.wallet_id,
    account.name AS account, currency.name AS currency,
    greatest(-entries.amount, 0) AS debit, greatest(entries.amount, 0) AS credit,
    entries.version, entries.available, entries.pending, entries.reserve
FROM ledger.entries
JOIN ledger.outcomes USING (period, lane, lane_seq)
JOIN ledger.names AS account ON account.kind = 'account' AND account.number = entries.account
JOIN ledger.names AS currency ON currency.kind = 'currency' AND currency.number = entries.currency;

CREATE VIEW audit.outcomes AS
SELECT
    outcomes.lane, outcomes.lane_seq, outcomes.command_id, transition.name AS transition, code.name AS code,
    outcomes.subject_id, status.name AS status, outcomes.at, outcomes.accepted_at, outcomes.type_name AS type,
    outcomes.client, outcomes.caller, outcomes.wallet_id, outcomes.amount, currency.name AS currency, outcomes.fee,
    outcomes.fee_version, outcomes.field, outcomes.has_entries
FROM ledger.outcomes
JOIN ledger.names AS transition ON transition.kind = 'transition' AND transition.number = outcomes.transition
JOIN ledger.names AS status ON status.kind = 'status' AND status.number = outcomes.status
JOIN ledger.names AS code ON code.kind = 'code' AND code.number = outcomes.code
LEFT JOIN ledger.names AS currency ON currency.kind = 'currency' AND currency.number = outcomes.currency;

-- Every command where it stands now.
CREATE VIEW audit.commands AS
SELECT
    outcomes.command_id, outcomes.type_name AS type, status.name AS status, code.name AS code, outcomes.client,
    outcomes.caller, outcomes.wallet_id, outcomes.accepted_at, outcomes.at AS decided_at, outcomes.lane,
    outcomes.lane_seq
FROM ledger.outcomes
JOIN ledger.command_index USING (period, lane, lane_seq)
LEFT JOIN ledger.movements ON movements.command_id = outcomes.command_id
JOIN ledger.names AS status
    ON status.kind = 'status' AND status.number = coalesce(movements.status, outcomes.status)
JOIN ledger.names AS code ON code.kind = 'code' AND code.number = coalesce(movements.code, outcomes.code);

REVOKE ALL ON SCHEMA audit FROM PUBLIC;
GRANT USAGE ON SCHEMA audit TO wallet_auditor;
GRANT SELECT ON ALL TABLES IN SCHEMA audit TO wallet_auditor;
