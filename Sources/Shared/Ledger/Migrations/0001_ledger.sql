-- The ledger: who owns what, what was decided, and every movement of money, append-only.
--
-- Numbers for kinds, codes and states are those of the Swift enums in Domain; ledger.names holds their names.
-- Amounts are minor units; an entry's amount is positive for a credit and negative for a debit.

CREATE SCHEMA ledger;

DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['wallet_lane', 'wallet_reader', 'wallet_auditor'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
        END IF;
    END LOOP;
END
$$;

-- Names of the numbers, written anew by each migration run.
CREATE TABLE ledger.names (
    kind text NOT NULL,
    number smallint NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (kind, number)
);

-- One row per lane: the head of its outcomes and of its chain, and the fence against a second owner.
CREATE TABLE ledger.lanes (
    lane smallint PRIMARY KEY CHECK (lane BETWEEN 0 AND 255),
    -- Number of the last outcome decided, and of the last one known to be announced.
    head bigint NOT NULL DEFAULT 0 CHECK (head >= 0),
    published bigint NOT NULL DEFAULT 0 CHECK (published BETWEEN 0 AND head),
    -- Raised by each new owner before it looks anything up; a batch commits only under its own epoch.
    epoch bigint NOT NULL DEFAULT 0,
    chain_hash bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex') CHECK (octet_length(chain_hash) = 32),
    -- Time never goes back within a lane, whatever the clock does.
    last_time timestamptz NOT NULL DEFAULT 'epoch',
    -- Commands that came again and were answered from what stood.
    repeats bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 20);

CREATE TABLE ledger.owners (
    id uuid PRIMARY KEY,
    -- The person who may move the owner's money.
    controller uuid NOT NULL,
    kyc_level smallint NOT NULL CHECK (kyc_level BETWEEN 0 AND 3),
    kyc_expires_at timestamptz NOT NULL,
    kyc_level_1_expires_at timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX owners_by_controller ON ledger.owners (controller);

CREATE TABLE ledger.wallets (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES ledger.owners,
    available bigint NOT NULL CONSTRAINT available_not_negative CHECK (available >= 0),
    pending bigint NOT NULL CONSTRAINT pending_not_negative CHECK (pending >= 0),
    reserve bigint NOT NULL CONSTRAINT reserve_not_negative CHECK (reserve >= 0),
    -- +1 for each transaction that touches the wallet; the last of them heads the wallet's history.
    version bigint NOT NULL CHECK (version >= 0),
    last_seq bigint,
    last_period integer,
    last_lane smallint,
    type smallint NOT NULL,
    currency smallint NOT NULL,
    status smallint NOT NULL CHECK (status BETWEEN 1 AND 3),
    opened_at timestamptz NOT NULL,
    name text,
    CONSTRAINT history_from_first_version CHECK ((version = 0) = (last_seq IS NULL)),
    CONSTRAINT closed_is_empty CHECK (status <> 3 OR (available = 0 AND pending = 0 AND reserve = 0))
) WITH (fillfactor = 60);
CREATE INDEX wallets_by_owner ON ledger.wallets (owner_id);

-- The operator's own accounts, a stripe for each lane so that lanes do not wait for each other. A stripe may be on
-- either side of zero; the account is the sum of its stripes.
CREATE TABLE ledger.system_accounts (
    account smallint NOT NULL CHECK (account > 10),
    currency smallint NOT NULL,
    lane smallint NOT NULL,
    balance bigint NOT NULL,
    PRIMARY KEY (account, currency, lane)
) WITH (fillfactor = 20);

-- What was decided, numbered within each lane without gaps. A row never changes. One that has entries is a transaction.
CREATE TABLE ledger.outcomes (
    lane_seq bigint NOT NULL CHECK (lane_seq > 0),
    at timestamptz NOT NULL,
    command_id uuid NOT NULL,
    -- The command whose state the outcome sets: command_id itself, or the earlier one of which it is a step.
    subject_id uuid NOT NULL,
    wallet_id uuid,
    amount bigint,
    fee bigint,
    accepted_at timestamptz NOT NULL,
    -- The month of `at`, UTC, as year × 100 + month.
    period integer NOT NULL,
    lane smallint NOT NULL,
    type smallint,
    transition smallint NOT NULL,
    status smallint NOT NULL,
    code smallint NOT NULL,
    currency smallint,
    fee_version smallint,
    has_entries boolean NOT NULL,
    -- SHA-256 of what the client sent, in canonical form.
    content_digest bytea NOT NULL CHECK (octet_length(content_digest) = 32),
    type_name text NOT NULL,
    client text NOT NULL,
    caller text NOT NULL,
    target text NOT NULL,
    -- The body as sent.
    body bytea NOT NULL,
    field text,
    detail bytea,
    traceparent text,
    PRIMARY KEY (lane, lane_seq, period)
) PARTITION BY RANGE (period);

-- The lines of the transactions. A row never changes. account is a bucket of wallet_id (1 to 3) or a system account.
CREATE TABLE ledger.entries (
    lane_seq bigint NOT NULL,
    amount bigint NOT NULL CHECK (amount <> 0),
    wallet_id uuid,
    -- The wallet after the transaction.
    version bigint,
    available bigint CHECK (available >= 0),
    pending bigint CHECK (pending >= 0),
    reserve bigint CHECK (reserve >= 0),
    -- Where the wallet's transaction before this one stands: its history is a list, read from its head.
    previous_seq bigint,
    previous_period integer,
    period integer NOT NULL,
    lane smallint NOT NULL,
    previous_lane smallint,
    ordinal smallint NOT NULL CHECK (ordinal > 0),
    account smallint NOT NULL,
    currency smallint NOT NULL,
    PRIMARY KEY (lane, lane_seq, ordinal, period),
    CONSTRAINT bucket_has_wallet CHECK ((account < 10) = (wallet_id IS NOT NULL AND version IS NOT NULL))
) PARTITION BY RANGE (period);

-- Where a command was first decided. The one index over random ids, and therefore narrow.
CREATE TABLE ledger.command_index (
    command_id uuid PRIMARY KEY,
    lane_seq bigint NOT NULL,
    period integer NOT NULL,
    lane smallint NOT NULL
);

-- Commands that take more than one outcome: top-ups and withdrawals on their way.
CREATE TABLE ledger.movements (
    command_id uuid PRIMARY KEY,
    wallet_id uuid NOT NULL REFERENCES ledger.wallets,
    beneficiary_id uuid,
    amount bigint NOT NULL CHECK (amount > 0),
    fee bigint NOT NULL CHECK (fee >= 0),
    last_seq bigint NOT NULL,
    last_period integer NOT NULL,
    last_lane smallint NOT NULL,
    kind smallint NOT NULL CONSTRAINT kind_is_known CHECK (kind IN (1, 2)),
    method smallint NOT NULL,
    currency smallint NOT NULL,
    fee_version smallint NOT NULL,
    status smallint NOT NULL,
    code smallint NOT NULL,
    -- kind 1, a top-up: pending, completed, rejected; kind 2, a withdrawal: held, sent, completed, returned.
    CONSTRAINT status_fits_kind CHECK (
        (kind = 1 AND status IN (2, 5, 6)) OR (kind = 2 AND status IN (3, 4, 5, 8))
    ),
    CONSTRAINT withdrawal_has_beneficiary CHECK ((kind = 2) = (beneficiary_id IS NOT NULL))
) WITH (fillfactor = 70);

-- Status only moves forward, whoever writes.
CREATE FUNCTION ledger.movement_moves_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.status, NEW.status) NOT IN ((2, 5), (2, 6), (3, 4), (3, 8), (4, 5), (4, 8), (5, 8), (3, 5))
        OR (OLD.kind = 1 AND OLD.status = 5)
    THEN
        RAISE EXCEPTION 'a movement may not go from status % to %', OLD.status, NEW.status
            USING ERRCODE = 'P0001', CONSTRAINT = 'movement_moves_forward';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER movement_moves_forward BEFORE UPDATE ON ledger.movements
    FOR EACH ROW EXECUTE FUNCTION ledger.movement_moves_forward();

-- Bank accounts to withdraw to.
CREATE TABLE ledger.beneficiaries (
    id uuid PRIMARY KEY,
    wallet_id uuid NOT NULL REFERENCES ledger.wallets,
    added_at timestamptz NOT NULL,
    verified_at timestamptz,
    rib text NOT NULL CHECK (rib ~ '^[0-9]{20}$'),
    holder_name text NOT NULL
);
CREATE INDEX beneficiaries_by_wallet ON ledger.beneficiaries (wallet_id);

-- One row per batch: SHA-256 over the row before and everything the batch decided.
CREATE TABLE ledger.chain (
    lane smallint NOT NULL,
    first_seq bigint NOT NULL,
    last_seq bigint NOT NULL,
    at timestamptz NOT NULL,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (lane, first_seq),
    CHECK (last_seq >= first_seq)
);

-- Messages that were not what they said they were. They get numbers of their own: nobody's command id is touched.
CREATE TABLE ledger.security_log (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- SHA-256 of the message: one that comes again is counted, not listed again.
    digest bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    first_seen timestamptz NOT NULL DEFAULT now(),
    last_seen timestamptz NOT NULL DEFAULT now(),
    times bigint NOT NULL DEFAULT 1,
    lane smallint NOT NULL,
    code smallint NOT NULL,
    reason text NOT NULL,
    user_id text NOT NULL,
    message_id text NOT NULL
);
