-- Teams, sub-wallets, standing, quotas; payments, disputes and what can be paid once.

ALTER TABLE ledger.owners
    -- A merchant's team beside its owner, by user; a role for each.
    ADD COLUMN member_ids uuid[] CHECK (cardinality(member_ids) <= 100),
    ADD COLUMN member_roles smallint[],
    -- Transfers that were free in the month, `year × 100 + month` in Algiers.
    ADD COLUMN free_month integer NOT NULL DEFAULT 0,
    ADD COLUMN free_transfers integer NOT NULL DEFAULT 0 CHECK (free_transfers >= 0),
    ADD COLUMN sub_wallets integer NOT NULL DEFAULT 0 CHECK (sub_wallets >= 0),
    ADD CONSTRAINT each_member_has_a_role
        CHECK (cardinality(member_ids) IS NOT DISTINCT FROM cardinality(member_roles));
CREATE INDEX owners_by_member ON ledger.owners USING gin (member_ids) WHERE member_ids IS NOT NULL;

ALTER TABLE ledger.wallets
    ADD COLUMN parent_id uuid REFERENCES ledger.wallets,
    -- 1 its owner, 2 compliance, 3 both.
    ADD COLUMN frozen_by smallint CHECK (frozen_by IN (1, 2, 3)),
    -- Movements that are not final.
    ADD COLUMN under_way integer NOT NULL DEFAULT 0 CONSTRAINT under_way_not_negative CHECK (under_way >= 0),
    -- +1 for each change of the status.
    ADD COLUMN standing_version bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT frozen_by_somebody CHECK ((status = 2) = (frozen_by IS NOT NULL)),
    ADD CONSTRAINT closed_has_nothing_under_way CHECK (status <> 3 OR under_way = 0);
UPDATE ledger.wallets SET under_way = counted.under_way
FROM (
    SELECT wallet_id, count(*) AS under_way FROM ledger.movements WHERE status IN (2, 3, 4) GROUP BY wallet_id
) AS counted
WHERE counted.wallet_id = wallets.id;

ALTER TABLE ledger.movements
    -- The merchant's wallet, of a payment or a dispute; never changes.
    ADD COLUMN merchant_id uuid REFERENCES ledger.wallets,
    -- The payment that a dispute is about; never changes.
    ADD COLUMN payment_id uuid REFERENCES ledger.movements,
    -- What of a payment went back so far, and of its fee.
    ADD COLUMN refunded bigint NOT NULL DEFAULT 0,
    ADD COLUMN fee_refunded bigint NOT NULL DEFAULT 0,
    ADD COLUMN is_disputed boolean NOT NULL DEFAULT false,
    DROP CONSTRAINT kind_is_known,
    ADD CONSTRAINT kind_is_known CHECK (kind IN (1, 2, 3, 4)),
    DROP CONSTRAINT status_fits_kind,
    -- kind 1, a top-up: pending, completed, rejected; 2, a withdrawal: held, sent, completed, returned, cancelled;
    -- 3, a payment: completed; 4, a dispute: pending, in review, completed, rejected.
    ADD CONSTRAINT status_fits_kind CHECK (
        (kind = 1 AND status IN (2, 5, 6)) OR (kind = 2 AND status IN (3, 4, 5, 8, 9)) OR (kind = 3 AND status = 5)
        OR (kind = 4 AND status IN (2, 5, 6, 11))
    ),
    ADD CONSTRAINT merchant_where_there_is_one CHECK ((kind IN (3, 4)) = (merchant_id IS NOT NULL)),
    ADD CONSTRAINT dispute_has_payment CHECK ((kind = 4) = (payment_id IS NOT NULL)),
    ADD CONSTRAINT refunded_within_payment CHECK (
        refunded BETWEEN 0 AND amount AND fee_refunded BETWEEN 0 AND fee
        AND (kind = 3 OR (refunded = 0 AND NOT is_disputed))
    );
CREATE INDEX disputes_by_payment ON ledger.movements (payment_id) WHERE payment_id IS NOT NULL;

CREATE OR REPLACE FUNCTION ledger.movement_moves_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.kind, OLD.status, NEW.status) NOT IN (
            (1, 2, 5), (1, 2, 6),
            (2, 3, 4), (2, 3, 9), (2, 4, 5), (2, 4, 8), (2, 5, 8),
            (3, 5, 5),
            (4, 2, 11), (4, 2, 5), (4, 2, 6), (4, 11, 5), (4, 11, 6)
        )
        OR NEW.refunded < OLD.refunded OR NEW.fee_refunded < OLD.fee_refunded
        OR (NEW.kind, NEW.wallet_id, NEW.amount, NEW.fee) <> (OLD.kind, OLD.wallet_id, OLD.amount, OLD.fee)
        OR NEW.merchant_id IS DISTINCT FROM OLD.merchant_id OR NEW.payment_id IS DISTINCT FROM OLD.payment_id
    THEN
        RAISE EXCEPTION 'a movement may not go from status % to %', OLD.status, NEW.status
            USING ERRCODE = 'P0001', CONSTRAINT = 'movement_moves_forward';
    END IF;
    RETURN NEW;
END
$$;

-- What merchants can be paid for once.
CREATE TABLE ledger.paid_references (
    merchant_id uuid NOT NULL REFERENCES ledger.owners,
    reference text NOT NULL,
    payment_id uuid NOT NULL,
    PRIMARY KEY (merchant_id, reference)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger.paid_references
    FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger.paid_references EXECUTE FUNCTION ledger.refuse_change();
GRANT SELECT, INSERT ON ledger.paid_references TO wallet_lane;
GRANT SELECT ON ledger.paid_references TO wallet_reader;
