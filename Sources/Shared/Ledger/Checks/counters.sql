-- What is counted beside the money, against what it counts: the name of the count, whose it is, what it should be and
-- what it is.
WITH steps AS MATERIALIZED (
    SELECT transition, wallet_id, subject_id, amount, fee, target, detail, at, limit_day
    FROM ledger.outcomes WHERE transition IN (104, 105, 106, 201, 501, 504, 506, 508, 601, 611, 623)
),
refunds AS (
    SELECT payment_id, sum(amount)::bigint AS amount, sum(-fee)::bigint AS fee
    FROM (
        SELECT substring(target FROM 9)::uuid AS payment_id, amount, fee FROM steps WHERE transition = 611
        UNION ALL
        SELECT movements.payment_id, steps.amount, coalesce(steps.fee, 0)
        FROM steps JOIN ledger.movements ON movements.command_id = steps.subject_id
        WHERE steps.transition = 623
    ) AS refund
    GROUP BY payment_id
),
open_movements AS (
    SELECT wallet_id, count(*) AS under_way
    FROM (
        SELECT wallet_id FROM ledger.movements WHERE status IN (2, 3, 4, 11)
        UNION ALL
        SELECT merchant_id FROM ledger.movements WHERE status IN (2, 3, 4, 11) AND merchant_id IS NOT NULL
    ) AS party
    GROUP BY wallet_id
),
standings AS (
    SELECT wallet_id, count(*) AS version,
        (array_agg(transition ORDER BY (convert_from(detail, 'UTF8')::jsonb ->> 'status_version')::bigint DESC))[1]
            AS last
    FROM steps WHERE transition IN (104, 105, 106)
    GROUP BY wallet_id
),
free AS (
    SELECT wallets.owner_id, to_char(steps.at AT TIME ZONE 'UTC' + interval '1 hour', 'YYYYMM')::integer AS month,
        count(*) AS transfers
    FROM steps JOIN ledger.wallets ON wallets.id = steps.wallet_id
    WHERE steps.transition = 201 AND steps.fee = 0
    GROUP BY 1, 2
),
-- What limits count: transfers, payments and held withdrawals take of a day, and what is given back is given to it.
spent AS (
    SELECT owners.id,
        coalesce(max(steps.limit_day) FILTER (WHERE steps.transition IN (201, 501, 601)), 0) AS day,
        coalesce(sum(signed.amount) FILTER (WHERE steps.limit_day = owners.spent_day), 0) AS in_day,
        coalesce(sum(signed.amount) FILTER (
            WHERE steps.limit_day >= date_trunc('month', DATE '1970-01-01' + owners.spent_day)::date
                - DATE '1970-01-01'), 0) AS in_month
    FROM steps
    JOIN ledger.wallets ON wallets.id = steps.wallet_id
    JOIN ledger.owners ON owners.id = wallets.owner_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN steps.transition IN (201, 501, 601) THEN steps.amount ELSE -steps.amount END AS amount
    ) AS signed
    WHERE steps.limit_day IS NOT NULL
    GROUP BY owners.id
)
SELECT 'under_way', wallets.id, coalesce(open_movements.under_way, 0)::bigint, wallets.under_way::bigint
FROM ledger.wallets
LEFT JOIN open_movements ON open_movements.wallet_id = wallets.id
WHERE wallets.under_way <> coalesce(open_movements.under_way, 0)
UNION ALL
SELECT 'status_version', wallets.id, coalesce(standings.version, 0)::bigint, wallets.standing_version
FROM ledger.wallets
LEFT JOIN standings ON standings.wallet_id = wallets.id
WHERE wallets.standing_version <> coalesce(standings.version, 0)
UNION ALL
SELECT 'status', wallets.id, CASE standings.last WHEN 104 THEN 2 WHEN 106 THEN 3 ELSE 1 END::bigint,
    wallets.status::bigint
FROM ledger.wallets
LEFT JOIN standings ON standings.wallet_id = wallets.id
WHERE wallets.status <> CASE standings.last WHEN 104 THEN 2 WHEN 106 THEN 3 ELSE 1 END
UNION ALL
SELECT 'refunded', movements.command_id, coalesce(refunds.amount, 0), movements.refunded
FROM ledger.movements
LEFT JOIN refunds ON refunds.payment_id = movements.command_id
WHERE movements.kind = 3 AND movements.refunded <> coalesce(refunds.amount, 0)
UNION ALL
SELECT 'fee_refunded', movements.command_id, coalesce(refunds.fee, 0), movements.fee_refunded
FROM ledger.movements
LEFT JOIN refunds ON refunds.payment_id = movements.command_id
WHERE movements.kind = 3 AND movements.fee_refunded <> coalesce(refunds.fee, 0)
UNION ALL
SELECT 'is_disputed', payment.command_id, count(dispute.command_id), payment.is_disputed::integer::bigint
FROM ledger.movements AS payment
LEFT JOIN ledger.movements AS dispute ON dispute.payment_id = payment.command_id AND dispute.status IN (2, 11)
WHERE payment.kind = 3
GROUP BY payment.command_id, payment.is_disputed
HAVING count(dispute.command_id) <> payment.is_disputed::integer
UNION ALL
-- What wallets owe of chargebacks is what the operator's books wait for; it belongs to no one wallet there.
SELECT 'claims', '00000000-0000-0000-0000-000000000000'::uuid, coalesce(owed.amount, 0)::bigint,
    coalesce(claimed.amount, 0)::bigint
FROM (
    SELECT currency, -sum(balance) AS amount FROM ledger.system_accounts WHERE account = 14 GROUP BY currency
) AS owed
FULL JOIN (
    SELECT currency, sum(claim) AS amount FROM ledger.wallets WHERE claim <> 0 GROUP BY currency
) AS claimed ON claimed.currency = owed.currency
WHERE coalesce(owed.amount, 0) <> coalesce(claimed.amount, 0)
UNION ALL
SELECT 'sub_wallets', owners.id, count(wallets.id), owners.sub_wallets::bigint
FROM ledger.owners
LEFT JOIN ledger.wallets ON wallets.owner_id = owners.id AND wallets.parent_id IS NOT NULL AND wallets.status <> 3
GROUP BY owners.id, owners.sub_wallets
HAVING count(wallets.id) <> owners.sub_wallets
UNION ALL
SELECT 'free_transfers', owners.id, coalesce(free.transfers, 0), owners.free_transfers::bigint
FROM ledger.owners
LEFT JOIN free ON free.owner_id = owners.id AND free.month = owners.free_month
WHERE owners.free_transfers <> coalesce(free.transfers, 0)
UNION ALL
SELECT counted.name, owners.id, counted.expected::bigint, counted.found::bigint
FROM ledger.owners
LEFT JOIN spent ON spent.id = owners.id
CROSS JOIN LATERAL (
    VALUES ('spent_day', coalesce(spent.day, 0), owners.spent_day::bigint),
        ('spent_in_day', coalesce(spent.in_day, 0), owners.spent_in_day),
        ('spent_in_month', coalesce(spent.in_month, 0), owners.spent_in_month)
) AS counted (name, expected, found)
WHERE counted.expected <> counted.found
UNION ALL
SELECT 'paid_reference', coalesce(paid.payment_id, steps.subject_id), (steps.subject_id IS NOT NULL)::integer::bigint,
    (paid.payment_id IS NOT NULL)::integer::bigint
FROM ledger.paid_references AS paid
FULL JOIN (
    SELECT subject_id, convert_from(detail, 'UTF8')::jsonb ->> 'reference' AS reference
    FROM steps WHERE transition = 601 AND convert_from(detail, 'UTF8')::jsonb ? 'reference'
) AS steps ON steps.subject_id = paid.payment_id AND steps.reference = paid.reference
WHERE paid.payment_id IS NULL OR steps.subject_id IS NULL
