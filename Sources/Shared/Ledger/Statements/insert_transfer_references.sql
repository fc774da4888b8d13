INSERT INTO ledger.transfer_references (reference, top_up_id) SELECT * FROM unnest($1::bigint[], $2::uuid[])
