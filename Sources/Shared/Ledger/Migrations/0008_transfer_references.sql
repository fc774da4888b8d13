-- What bank transfers name, so that a line of a statement finds the top-up that it pays for.

CREATE TABLE ledger.transfer_references (
    -- TransferReference.number: below 8 · 23 · 31⁸.
    reference bigint PRIMARY KEY CHECK (reference BETWEEN 0 AND 156931950889143),
    top_up_id uuid NOT NULL UNIQUE REFERENCES ledger.movements
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger.transfer_references
    FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger.transfer_references EXECUTE FUNCTION ledger.refuse_change();
GRANT SELECT, INSERT ON ledger.transfer_references TO wallet_lane;
GRANT SELECT ON ledger.transfer_references TO wallet_reader;
