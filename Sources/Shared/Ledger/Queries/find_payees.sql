-- For each handle the root wallet, in a currency, of the person who goes by it, with the person's name. Nobody, and
-- somebody without such a wallet, or who has closed it, are the same: no row.
SELECT asked.number::integer, wallets.id, people.name
FROM unnest($1::smallint[], $2::text[], $3::smallint[]) WITH ORDINALITY AS asked (kind, value, currency, number)
JOIN directory.handles ON handles.kind = asked.kind AND handles.value = asked.value
JOIN directory.people ON people.id = handles.person_id
    AND asked.value = CASE asked.kind WHEN 1 THEN people.phone WHEN 2 THEN people.email ELSE people.username END
JOIN ledger.wallets ON wallets.owner_id = people.id AND wallets.parent_id IS NULL AND wallets.type = 1
    AND wallets.currency = asked.currency AND wallets.status <> 3
