-- Movements against the outcomes about them. Statuses only move forward, so the last outcome about a movement is the
-- one whose status is furthest.
WITH steps AS MATERIALIZED (
    SELECT subject_id, lane, lane_seq, period, transition, status, code, wallet_id, amount, currency, fee, fee_version,
        limit_version, limit_day, detail
    FROM ledger.outcomes
    WHERE transition IN (301, 302, 303, 681, 682, 501, 502, 503, 504, 508, 601, 621, 622, 623, 624, 671, 672, 673)
        -- A withdrawal that came too late to be decided holds nothing; one that expired later gives back what it held.
        OR transition = 506 AND has_entries
        -- So a top-up: one that was decided too late is about itself, one that nobody paid is ended by another command.
        OR transition = 305 AND subject_id <> command_id
),
last AS (
    SELECT DISTINCT ON (subject_id) subject_id, lane, lane_seq, period, status, code
    FROM steps
    -- A chargeback that was won back is the end of its top-up.
    ORDER BY subject_id, transition = 682 DESC,
        array_position(ARRAY[2, 11, 3, 4, 5, 6, 7, 9, 8]::smallint[], status) DESC, lane_seq DESC
),
first AS (
    SELECT DISTINCT ON (subject_id) * FROM steps WHERE transition IN (301, 501, 601, 621, 671)
    ORDER BY subject_id, lane_seq
),
compared AS (
    SELECT
        coalesce(movements.command_id, last.subject_id) AS command_id,
        movements.command_id IS NOT NULL AS has_movement,
        last.subject_id IS NOT NULL AND first.subject_id IS NOT NULL AS has_outcomes,
        movements.status, last.status AS status_decided, movements.code, last.code AS code_decided,
        movements.last_lane, movements.last_seq, last.lane, last.lane_seq,
        (movements.last_lane, movements.last_seq, movements.last_period) IS DISTINCT FROM
            (last.lane, last.lane_seq, last.period) AS points_elsewhere,
        (movements.wallet_id, movements.amount, movements.currency, movements.fee, movements.fee_version)
            IS DISTINCT FROM (
                first.wallet_id, first.amount, first.currency,
                -- Disputes and adjustments cost nothing and say nothing of it.
                CASE WHEN first.transition IN (621, 671) THEN 0 ELSE first.fee END,
                CASE WHEN first.transition IN (621, 671) THEN movements.fee_version ELSE first.fee_version END
            )
        -- Payments take of limits as well, but give nothing back: their movements need not know.
        OR movements.limit_version IS DISTINCT FROM CASE WHEN first.transition = 501 THEN first.limit_version END
        OR movements.limit_day IS DISTINCT FROM CASE WHEN first.transition = 501 THEN first.limit_day END
        OR movements.kind <> CASE first.transition
            WHEN 301 THEN 1 WHEN 501 THEN 2 WHEN 601 THEN 3 WHEN 621 THEN 4 ELSE 5
        END
        -- Details are JSON of our own making, without white space; one may have been erased.
        OR first.detail IS NOT NULL AND position(
            CASE movements.kind
                WHEN 1 THEN convert_to(
                    '"method":"' || (ARRAY['card', 'mobile', 'bank_transfer'])[movements.method] || '"', 'UTF8')
                WHEN 3 THEN convert_to('"to":"' || movements.merchant_id || '"', 'UTF8')
                WHEN 4 THEN convert_to('"payment":"' || movements.payment_id || '"', 'UTF8')
                WHEN 5 THEN convert_to(
                    '"direction":"' || (ARRAY['credit', 'debit'])[movements.method] || '"', 'UTF8')
                ELSE convert_to(
                    '"speed":"' || (ARRAY['standard', 'express'])[movements.method] || '","beneficiary":"'
                    || movements.beneficiary_id || '"', 'UTF8')
            END IN first.detail) IS DISTINCT FROM 2
        -- What was decided before there were release times says nothing of them.
        OR movements.kind = 2 AND position(convert_to('"release_at":"', 'UTF8') IN first.detail) > 0 AND position(
            convert_to(
                '"release_at":"' || to_char(movements.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                || '","expected_by":"'
                || to_char(movements.expected_by AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"', 'UTF8')
            IN first.detail) = 0 AS content_differs
    FROM ledger.movements
    FULL JOIN last ON last.subject_id = movements.command_id
    LEFT JOIN first ON first.subject_id = movements.command_id
)
SELECT command_id, has_movement, has_outcomes, status, status_decided, code, code_decided, last_lane, last_seq, lane,
    lane_seq, points_elsewhere, content_differs
FROM compared
WHERE NOT has_movement OR NOT has_outcomes OR status <> status_decided OR code <> code_decided OR points_elsewhere
    OR content_differs
