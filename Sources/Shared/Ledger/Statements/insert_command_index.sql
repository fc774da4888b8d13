INSERT INTO ledger.command_index (command_id, lane_seq, period, lane)
SELECT command_id, lane_seq, $3, $4 FROM unnest($1::uuid[], $2::bigint[]) AS added (command_id, lane_seq)
