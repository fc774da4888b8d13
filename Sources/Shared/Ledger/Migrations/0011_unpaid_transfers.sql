-- Bank transfers that nobody makes in time.

ALTER TABLE ledger.movements
    DROP CONSTRAINT status_fits_kind,
    -- As before, and a top-up that nobody paid is expired (7).
    ADD CONSTRAINT status_fits_kind CHECK (
        (kind = 1 AND status IN (2, 5, 6, 7, 8)) OR (kind = 2 AND status IN (3, 4, 5, 7, 8, 9))
        OR (kind = 3 AND status = 5) OR (kind = 4 AND status IN (2, 5, 6, 11)) OR (kind = 5 AND status IN (2, 5, 6))
    ),
    -- Only the payer can bring a bank transfer (method 3); of anything else the payment service says the end.
    ADD CONSTRAINT expired_top_up_is_bank_transfer CHECK (kind <> 1 OR status <> 7 OR method = 3);

-- What is waited for.
CREATE INDEX movements_unpaid ON ledger.movements (command_id) WHERE kind = 1 AND method = 3 AND status = 2;

CREATE OR REPLACE FUNCTION ledger.movement_moves_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.kind, OLD.status, NEW.status) NOT IN (
            (1, 2, 5), (1, 2, 6), (1, 2, 7), (1, 5, 8), (1, 8, 5),
            (2, 3, 4), (2, 3, 7), (2, 3, 9), (2, 4, 5), (2, 4, 8), (2, 5, 8),
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
        OR NEW.due_at IS DISTINCT FROM OLD.due_at OR NEW.expected_by IS DISTINCT FROM OLD.expected_by
    THEN
        RAISE EXCEPTION 'a movement may not go from status % to %', OLD.status, NEW.status
            USING ERRCODE = 'P0001', CONSTRAINT = 'movement_moves_forward';
    END IF;
    RETURN NEW;
END
$$;
