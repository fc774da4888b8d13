-- What owners send out, counted by day and month, and the limits that were applied to it.

ALTER TABLE ledger.owners
    -- The last day in which something went out, counted from 1970-01-01 in Algiers; what went out in it, and in its
    -- month, in centimes.
    ADD COLUMN spent_day integer NOT NULL DEFAULT 0,
    ADD COLUMN spent_in_day bigint NOT NULL DEFAULT 0,
    ADD COLUMN spent_in_month bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT spending_not_negative CHECK (spent_in_day >= 0 AND spent_in_month >= spent_in_day);

ALTER TABLE ledger.outcomes
    -- The version of the limits that were applied, and the day whose count the amount was taken of or given back to.
    ADD COLUMN limit_version smallint,
    ADD COLUMN limit_day integer,
    ADD CONSTRAINT limit_day_has_version CHECK (limit_day IS NULL OR limit_version IS NOT NULL);

ALTER TABLE ledger.movements
    -- Of a withdrawal: the same, so that what it took can be given back; never changes.
    ADD COLUMN limit_version smallint,
    ADD COLUMN limit_day integer,
    ADD CONSTRAINT limit_day_has_version CHECK (limit_day IS NULL OR limit_version IS NOT NULL AND kind = 2);

CREATE FUNCTION ledger.limit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what a movement took of its limits never changes'
        USING ERRCODE = 'P0001', CONSTRAINT = 'limit_stays';
END
$$;
CREATE TRIGGER limit_stays BEFORE UPDATE ON ledger.movements
    FOR EACH ROW
    WHEN (OLD.limit_version IS DISTINCT FROM NEW.limit_version OR OLD.limit_day IS DISTINCT FROM NEW.limit_day)
    EXECUTE FUNCTION ledger.limit_stays();

CREATE OR REPLACE VIEW audit.outcomes AS
SELECT
    outcomes.lane, outcomes.lane_seq, outcomes.command_id, transition.name AS transition, code.name AS code,
    outcomes.subject_id, status.name AS status, outcomes.at, outcomes.accepted_at, outcomes.type_name AS type,
    outcomes.client, outcomes.caller, outcomes.wallet_id, outcomes.amount, currency.name AS currency, outcomes.fee,
    outcomes.fee_version, outcomes.field, outcomes.has_entries, outcomes.limit_version,
    DATE '1970-01-01' + outcomes.limit_day AS limit_day
FROM ledger.outcomes
JOIN ledger.names AS transition ON transition.kind = 'transition' AND transition.number = outcomes.transition
JOIN ledger.names AS status ON status.kind = 'status' AND status.number = outcomes.status
JOIN ledger.names AS code ON code.kind = 'code' AND code.number = outcomes.code
LEFT JOIN ledger.names AS currency ON currency.kind = 'currency' AND currency.number = outcomes.currency;
