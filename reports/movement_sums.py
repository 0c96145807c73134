"""The SQL behind what is counted over movements: sums, persons and cohorts; and the other way to the same figures."""

# ruff: noqa: S608  every part of them stands in this file

from reports.sums import Sum

_MONTHS = "m.month >= %(first)s::date AND m.month < %(until)s::date"
_PERSONS = f"""
WITH told AS (
    SELECT m.month, m.patron_id, m.cohort_payer,
           (array_agg(m.was ORDER BY m.id))[1] AS was, (array_agg(m.becomes ORDER BY m.id DESC))[1] AS becomes,
           (array_agg(m.kind ORDER BY m.id DESC))[1] AS last, (array_agg(m.is_paused ORDER BY m.id DESC))[1] AS paused,
           bool_or(m.persons = 1) AS entered, bool_or(m.kind = 'new') AS is_new,
           bool_or(m.monthly_parts = 0 AND m.kind IN ('voluntary', 'involuntary', 'disputed')) AS ended_paused,
           bool_or(m.counted_as = 'expansion') AS up, bool_or(m.counted_as = 'contraction') AS down
    FROM reports_movement m WHERE {_MONTHS} GROUP BY 1, 2, 3
)
SELECT month, patron_id, becomes AS payer, 'came' AS outcome, 1 AS persons FROM told WHERE was = 0 AND becomes > 0
UNION ALL SELECT month, patron_id, becomes, 'moved', 1 FROM told WHERE was > 0 AND becomes > 0 AND was <> becomes
UNION ALL SELECT month, patron_id, was, 'moved', -1 FROM told WHERE was > 0 AND becomes > 0 AND was <> becomes
UNION ALL SELECT month, patron_id, cohort_payer, 'new', 1 FROM told WHERE is_new
UNION ALL SELECT month, patron_id, was, CASE
    WHEN paused THEN 'paused' WHEN last IN ('involuntary', 'disputed') THEN last
    WHEN last = 'correction' THEN 'merged' ELSE 'voluntary' END, 1
    FROM told WHERE was > 0 AND becomes = 0
UNION ALL SELECT month, patron_id, cohort_payer, CASE WHEN entered THEN 'came_went' ELSE 'ended_paused' END, 1
    FROM told WHERE was = 0 AND becomes = 0 AND NOT paused AND (entered OR ended_paused)
UNION ALL SELECT month, patron_id, was, CASE WHEN up THEN 'raised' ELSE 'lowered' END, 1
    FROM told WHERE was > 0 AND up <> down
"""

MOVEMENTS = (
    Sum(
        "reports_movementmonth", "month", "month, currency, kind, monthly_parts, changes",
        f"""
SELECT m.month, m.currency, m.counted_as, SUM(m.monthly_parts),
       CASE WHEN m.counted_as IN ('expansion', 'contraction') THEN COUNT(DISTINCT m.patron_id) ELSE COUNT(*) END
FROM reports_movement m WHERE m.counted_as <> '' AND {_MONTHS} GROUP BY 1, 2, 3
""",
    ),
    Sum("reports_personoutcome", "month", "month, patron_id, payer, outcome, persons", _PERSONS),
    Sum(
        "reports_personmonth", "month", "month, payer, outcome, persons",
        f"""
SELECT m.month, m.payer, m.outcome, SUM(m.persons) FROM reports_personoutcome m
WHERE {_MONTHS} GROUP BY 1, 2, 3 HAVING SUM(m.persons) <> 0
""",
    ),
    Sum(
        "reports_givermonth", "month", "month, currency, persons",
        f"""
SELECT m.month, m.currency, SUM(m.givers) FROM reports_movement m
WHERE {_MONTHS} GROUP BY 1, 2 HAVING SUM(m.givers) <> 0
""",
    ),
    Sum(
        "reports_cohortmonth", "month", "month, cohort, payer, persons",
        f"""
SELECT m.month, m.cohort, m.cohort_payer, SUM(m.persons) FROM reports_movement m
WHERE {_MONTHS} GROUP BY 1, 2, 3 HAVING SUM(m.persons) <> 0
""",
    ),
)  # fmt: skip

# What has moved the sum, as the history's last words have it: the other way to the same figure.
STANDING = """
SELECT last.after->>'currency' AS currency,
       SUM(div((last.after->>'amount_minor')::numeric * %(parts)s, (last.after->>'interval_months')::int)) AS monthly,
       COUNT(DISTINCT last.patron_id) AS persons
FROM (
    SELECT DISTINCT ON (c.membership_id) c.after, m.patron_id
    FROM members_membershipchange c JOIN members_membership m ON m.id = c.membership_id
    WHERE m.source = 'recurring' AND c.written_in < %(through)s::text::xid8
    ORDER BY c.membership_id, c.id DESC
) last
WHERE last.after->>'ended_at' IS NULL AND last.after->>'paused_at' IS NULL GROUP BY 1
"""
