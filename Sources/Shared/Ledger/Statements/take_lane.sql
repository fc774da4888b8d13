-- A new session of a lane raises the epoch, which ends whatever an earlier owner still has under way.
INSERT INTO ledger.lanes AS lanes (lane, epoch) VALUES ($1, 1)
ON CONFLICT (lane) DO UPDATE SET epoch = lanes.epoch + 1
RETURNING epoch, head, published
