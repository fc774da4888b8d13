-- One member a row; an owner without any is named with nulls.
UPDATE ledger.owners
SET member_ids = changed.member_ids, member_roles = changed.member_roles
FROM (
    SELECT id, array_agg(member_id) FILTER (WHERE member_id IS NOT NULL) AS member_ids,
        array_agg(role) FILTER (WHERE member_id IS NOT NULL) AS member_roles
    FROM unnest($1::uuid[], $2::uuid[], $3::smallint[]) AS member (id, member_id, role)
    GROUP BY id
) AS changed
WHERE owners.id = changed.id
