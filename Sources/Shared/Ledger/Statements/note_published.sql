-- After a rest or at shutdown: what was announced since the last batch. An owner that was replaced changes nothing.
UPDATE ledger.lanes SET published = greatest(published, $3) WHERE lane = $1 AND epoch = $2
