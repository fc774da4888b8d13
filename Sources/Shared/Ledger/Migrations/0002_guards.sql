-- What backs the code up: books that balance in every statement, rows that never change, roles that cannot do more than
-- their work, months that exist before they begin.

-- Every insert into entries balances, transaction by transaction.
CREATE FUNCTION ledger.entries_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added GROUP BY lane, lane_seq, currency HAVING sum(amount) <> 0
    ) THEN
        RAISE EXCEPTION 'the entries of a transaction do not add up to zero'
            USING ERRCODE = 'P0001', CONSTRAINT = 'entries_balance';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER entries_balance AFTER INSERT ON ledger.entries
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger.entries_balance();

-- What is written stays written, for the owner of the tables too.
CREATE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'P0001', CONSTRAINT = 'append_only';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger.outcomes
    FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger.entries
    FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger.command_index
    FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger.chain
    FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger.outcomes EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger.entries EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger.command_index EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger.chain EXECUTE FUNCTION ledger.refuse_change();

-- Makes the partitions of this month and so many after it. A missing one would fail every insert.
CREATE FUNCTION ledger.ensure_partitions(months_ahead integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    month date;
    parent text;
    period integer;
    period_after integer;
BEGIN
    FOR ahead IN 0..months_ahead LOOP
        month := date_trunc('month', now() AT TIME ZONE 'UTC')::date + make_interval(months => ahead);
        period := to_char(month, 'YYYYMM')::integer;
        period_after := to_char(month + interval '1 month', 'YYYYMM')::integer;
        FOREACH parent IN ARRAY ARRAY['outcomes', 'entries'] LOOP
            IF to_regclass(format('ledger.%I', parent || '_' || period)) IS NULL THEN
                EXECUTE format(
                    'CREATE TABLE IF NOT EXISTS ledger.%I PARTITION OF ledger.%I FOR VALUES FROM (%s) TO (%s)',
                    parent || '_' || period, parent, period, period_after);
            END IF;
        END LOOP;
    END LOOP;
END
$$;
SELECT ledger.ensure_partitions(3);

-- How many months after this one have both their partitions.
CREATE FUNCTION ledger.months_ahead() RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT count(*)::integer
    FROM generate_series(1, 12) AS ahead,
        to_char((now() AT TIME ZONE 'UTC')::date + make_interval(months => ahead), 'YYYYMM') AS period
    WHERE to_regclass('ledger.outcomes_' || period) IS NOT NULL
        AND to_regclass('ledger.entries_' || period) IS NOT NULL
$$;

REVOKE ALL ON SCHEMA ledger FROM PUBLIC;
REVOKE ALL ON FUNCTION ledger.ensure_partitions(integer) FROM PUBLIC;
GRANT USAGE ON SCHEMA ledger TO wallet_lane, wallet_reader;

-- A lane adds and moves forward; it cannot rewrite or remove what was decided.
GRANT SELECT ON ALL TABLES IN SCHEMA ledger TO wallet_lane;
GRANT INSERT ON ledger.outcomes, ledger.entries, ledger.command_index, ledger.chain TO wallet_lane;
GRANT INSERT, UPDATE ON
    ledger.lanes, ledger.owners, ledger.wallets, ledger.system_accounts, ledger.movements, ledger.beneficiaries,
    ledger.security_log
    TO wallet_lane;
GRANT EXECUTE ON FUNCTION ledger.ensure_partitions(integer), ledger.months_ahead() TO wallet_lane;

GRANT SELECT ON
    ledger.names, ledger.lanes, ledger.owners, ledger.wallets, ledger.outcomes, ledger.entries, ledger.command_index,
    ledger.movements, ledger.beneficiaries
    TO wallet_reader;
GRANT EXECUTE ON FUNCTION ledger.months_ahead() TO wallet_reader;
