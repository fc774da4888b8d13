-- Claims of chargebacks, and adjustments by hand.

ALTER TABLE ledger.wallets
    -- What chargebacks took that the wallet did not have, in minor units.
    ADD COLUMN claim bigint NOT NULL DEFAULT 0 CONSTRAINT claim_not_negative CHECK (claim >= 0);

ALTER TABLE ledger.movements
    -- The operator who proposed an adjustment; never changes.
    ADD COLUMN proposed_by uuid,
    DROP CONSTRAINT kind_is_known,
    ADD CONSTRAINT kind_is_known CHECK (kind IN (1, 2, 3, 4, 5)),
    DROP CONSTRAINT status_fits_kind,
    -- kind 1, a top-up: pending, completed, rejected, returned; 2, a withdrawal: held, sent, completed, returned,
    -- cancelled; 3, a payment: completed; 4, a dispute: pending, in review, completed, rejected; 5, an adjustment:
    -- pending, completed, rejected.
    ADD CONSTRAINT status_fits_kind CHECK (
        (kind = 1 AND status IN (2, 5, 6, 8)) OR (kind = 2 AND status IN (3, 4, 5, 8, 9)) OR (kind = 3 AND status = 5)
        OR (kind = 4 AND status IN (2, 5, 6, 11)) OR (kind = 5 AND status IN (2, 5, 6))
    ),
    ADD CONSTRAINT adjustment_has_proposer CHECK ((kind = 5) = (proposed_by IS NOT NULL));
-- Those that a wallet is a party to.
CREATE INDEX disputes_by_wallet ON ledger.movements (wallet_id) WHERE kind = 4;
CREATE INDEX disputes_by_merchant ON ledger.movements (merchant_id) WHERE kind = 4;
-- What a chargeback looks for.
CREATE INDEX held_by_wallet ON ledger.movements (wallet_id) WHERE kind = 2 AND status = 3;

CREATE OR REPLACE FUNCTION ledger.movement_moves_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.kind, OLD.status, NEW.status) NOT IN (
            (1, 2, 5), (1, 2, 6), (1, 5, 8), (1, 8, 5),
            (2, 3, 4), (2, 3, 9), (2, 4, 5), (2, 4, 8), (2, 5, 8),
            (3, 5, 5),
            (4, 2, 11), (4, 2, 5), (4, 2, 6), (4, 11, 5), (4, 11, 6),
            (5, 2, 5), (5, 2, 6)
        )
        -- Charged back, and won back: once. The second is told by its code.
        OR (OLD.kind = 1 AND OLD.status = 5 AND OLD.code <> 0)
        OR NEW.refunded < OLD.refunded OR NEW.fee_refunded < OLD.fee_refunded
        OR (NEW.kind, NEW.wallet_id, NEW.amount, NEW.fee) <> (OLD.kind, OLD.wallet_id, OLD.amount, OLD.fee)
        OR NEW.merchant_id IS DISTINCT FROM OLD.merchant_id OR NEW.payment_id IS DISTINCT FROM OLD.payment_id
        OR NEW.proposed_by IS DISTINCT FROM OLD.proposed_by
    THEN
        RAISE EXCEPTION 'a movement may not go from status % to %', OLD.status, NEW.status
            USING ERRCODE = 'P0001', CONSTRAINT = 'movement_moves_forward';
    END IF;
    RETURN NEW;
END
$$;
