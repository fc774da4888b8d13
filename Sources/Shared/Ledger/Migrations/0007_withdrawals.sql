-- When withdrawals go out, what becomes of those that cannot, and beneficiaries that were taken off the list.

ALTER TABLE ledger.beneficiaries
    ADD COLUMN removed_at timestamptz,
    ADD CONSTRAINT removed_after_added CHECK (removed_at >= added_at);

ALTER TABLE ledger.movements
    -- Of a withdrawal: not before due_at it is sent, and after expected_by it is late; neither ever changes.
    ADD COLUMN due_at timestamptz,
    ADD COLUMN expected_by timestamptz,
    DROP CONSTRAINT status_fits_kind,
    -- As before, and a withdrawal that could not be sent for too long is expired (7).
    ADD CONSTRAINT status_fits_kind CHECK (
        (kind = 1 AND status IN (2, 5, 6, 8)) OR (kind = 2 AND status IN (3, 4, 5, 7, 8, 9))
        OR (kind = 3 AND status = 5) OR (kind = 4 AND status IN (2, 5, 6, 11)) OR (kind = 5 AND status IN (2, 5, 6))
    );

-- Whoever withdrew before there were release times was told of none: what is still held is due at once.
ALTER TABLE ledger.movements DISABLE TRIGGER movement_moves_forward;
UPDATE ledger.movements SET due_at = now(), expected_by = now() WHERE kind = 2;
ALTER TABLE ledger.movements ENABLE TRIGGER movement_moves_forward;

ALTER TABLE ledger.movements
    ADD CONSTRAINT withdrawal_has_release
        CHECK ((kind = 2) = (due_at IS NOT NULL) AND (kind = 2) = (expected_by IS NOT NULL)),
    ADD CONSTRAINT expected_after_due CHECK (expected_by >= due_at);

-- What waits to be sent, in the order in which it is due.
CREATE INDEX movements_held ON ledger.movements (due_at, command_id) WHERE kind = 2 AND status = 3;

CREATE OR REPLACE FUNCTION ledger.movement_moves_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.kind, OLD.status, NEW.status) NOT IN (
            (1, 2, 5), (1, 2, 6), (1, 5, 8), (1, 8, 5),
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
