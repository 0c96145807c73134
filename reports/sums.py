"""The SQL behind the sums, one statement a table.

Each takes `zone`, `through` and, where its sums are made anew by day or month, `first` and `until` (days, the second
one exclusive). A statement reads only what was written below `through`, so it gives the same today as tomorrow.
"""

# ruff: noqa: S608  every part of them stands in this file

from dataclasses import dataclass

from reports.models.parts import PARTS

# A page's own arithmetic adds these up: what a newsroom keeps of what it was given.
NET = (
    "payment", "mistake", "return", "refund", "refund_reversal", "dispute", "dispute_reversal", "fee", "dispute_fee",
)  # fmt: skip


@dataclass(frozen=True)
class Sum:
    """A table, the column by which it is made anew (empty: always as a whole), its columns, and what fills them."""

    table: str
    unit: str
    columns: str
    select: str


# Only money recorded by hand can be of others than readers, so nothing else is looked up.
_INSTITUTIONAL = """
{0}.source = 'offline' AND {0}.payment_id IN (
    SELECT ip.id FROM payments_payment ip JOIN payments_donation i ON i.id = ip.donation_id WHERE i.giver <> 'reader')
"""
# As payments.offline reverses a record that was a mistake: nothing was given, so nothing goes back.
_MISTAKE = "e.source = 'offline' AND e.kind = 'refund' AND e.note = 'mistake'"
KIND = f"""
CASE WHEN {_INSTITUTIONAL.format("e")} THEN 'institutional'
     WHEN {_MISTAKE} THEN 'mistake'
     WHEN e.kind = 'adjustment' AND e.payment_id IS NOT NULL THEN 'return' ELSE e.kind END
"""
SETTLED = "e.written_in < %(through)s::text::xid8"
_SPAN = """
{0} >= (%(first)s::date::timestamp AT TIME ZONE %(zone)s) AND {0} < (%(until)s::date::timestamp AT TIME ZONE %(zone)s)
"""
_OF_PAYMENTS = f"""
WITH paid AS (
    SELECT p.payment_id, date_trunc('month', p.occurred_at AT TIME ZONE %(zone)s)::date AS month,
           p.seen_currency AS currency, p.seen_minor AS minor
    FROM payments_ledgerentry p
    WHERE p.kind = 'payment' AND p.written_in < %(through)s::text::xid8 AND {_SPAN.format("p.occurred_at")}
      AND NOT ({_INSTITUTIONAL.format("p")})
)
"""
# Of each of them, what went back since: lines of rare kinds, so worded that their index finds them.
_BACK = f"""
, back AS (
    SELECT paid.payment_id, paid.month, paid.currency, paid.minor,
           COALESCE(-SUM(e.seen_minor) FILTER (WHERE e.kind IN ('refund', 'refund_reversal')), 0) AS refunded,
           COALESCE(-SUM(e.seen_minor) FILTER (WHERE e.kind = 'dispute'), 0) AS disputed,
           COALESCE(SUM(e.seen_minor), 0) AS gone,
           COALESCE(bool_or(e.kind = 'adjustment' OR {_MISTAKE}), false) AS is_undone
    FROM {{}} paid LEFT JOIN payments_ledgerentry e ON e.payment_id = paid.payment_id AND {SETTLED}
     AND e.kind NOT IN ('payment', 'fee') AND e.kind <> 'dispute_fee'
    GROUP BY 1, 2, 3, 4
)
"""

MONEY = (
    Sum(
        "reports_moneyday", "day", "day, source, currency, kind, amount_minor, lines",
        f"""
SELECT (e.occurred_at AT TIME ZONE %(zone)s)::date, e.source, e.currency, {KIND}, SUM(e.amount_minor), COUNT(*)
FROM payments_ledgerentry e WHERE {SETTLED} AND {_SPAN.format("e.occurred_at")} GROUP BY 1, 2, 3, 4
""",
    ),
    Sum(
        "reports_seenday", "day", "day, currency, kind, is_recurring, amount_minor, lines",
        f"""
SELECT (e.occurred_at AT TIME ZONE %(zone)s)::date, e.seen_currency, {KIND}, d.interval <> 'once',
       SUM(e.seen_minor), COUNT(*)
FROM payments_ledgerentry e JOIN payments_payment p ON p.id = e.payment_id
JOIN payments_donation d ON d.id = p.donation_id
WHERE e.seen_currency <> '' AND {SETTLED} AND {_SPAN.format("e.occurred_at")} GROUP BY 1, 2, 3, 4
""",
    ),
    Sum(
        "reports_giftmonth", "month", "month, currency, kind, amount_minor",
        f"""{_OF_PAYMENTS}
SELECT paid.month, e.currency, {KIND}, SUM(e.amount_minor)
FROM paid JOIN payments_ledgerentry e ON e.payment_id = paid.payment_id AND {SETTLED} GROUP BY 1, 2, 3
""",
    ),
    Sum(
        "reports_returnmonth", "month",
        "month, currency, payments, paid_minor, refunded, refunded_minor, disputed, disputed_minor",
        f"""{_OF_PAYMENTS}{_BACK.format("paid")}
SELECT month, currency, COUNT(*), SUM(minor), COUNT(*) FILTER (WHERE refunded > 0), SUM(refunded),
       COUNT(*) FILTER (WHERE disputed > 0), SUM(disputed)
FROM back WHERE NOT is_undone GROUP BY 1, 2
""",
    ),
    Sum(
        "reports_giftamount", "month", "month, currency, amount_minor, gifts",
        f"""{_OF_PAYMENTS}
, single AS (
    SELECT paid.* FROM paid JOIN payments_payment p ON p.id = paid.payment_id
    JOIN payments_donation d ON d.id = p.donation_id WHERE d.interval = 'once'
)
{_BACK.format("single")}
SELECT month, currency, minor, COUNT(*) FROM back WHERE gone = 0 GROUP BY 1, 2, 3
""",
    ),
)  # fmt: skip

MONTH_OF = "date_trunc('month', {} AT TIME ZONE %(zone)s)::date"
_MONTHLY = f"div(m.amount_minor::numeric * {PARTS}, m.interval_months)"
_LIVE = "m.source = 'recurring' AND m.ended_at IS NULL AND m.paused_at IS NULL"
_STANDS = "p.state = 'succeeded' AND p.refunded_minor < p.amount_minor AND p.disputed_minor = 0"
# And what came for it, if anything, did not go back whole.
_PAID = f"""
{{0}}.status = 'paid' AND NOT EXISTS (
    SELECT 1 FROM payments_payment p WHERE p.invoice_id = {{0}}.id HAVING COUNT(*) > 0 AND NOT bool_or({_STANDS}))
"""

NIGHT = (
    Sum(
        "reports_invoicemonth", "", "month, currency, due, due_minor, failed, failed_minor",
        f"""
SELECT {MONTH_OF.format("i.created_at")}, i.currency, COUNT(*), SUM(i.amount_due_minor),
       COUNT(i.first_failed_at), COALESCE(SUM(i.amount_due_minor) FILTER (WHERE i.first_failed_at IS NOT NULL), 0)
FROM payments_invoice i
WHERE i.amount_due_minor > 0 AND (i.status = 'paid' OR i.first_failed_at IS NOT NULL OR i.attempt_count > 0)
GROUP BY 1, 2
""",
    ),
    Sum(
        "reports_recoverymonth", "", "month, currency, code, recovered_by, invoices, amount_minor",
        f"""
SELECT {MONTH_OF.format("i.first_failed_at")}, i.currency, COALESCE(first.failure_code, i.failure_code),
       CASE WHEN i.paid_at IS NULL OR i.paid_at > i.first_failed_at + interval '30 days' THEN ''
            WHEN i.recovered_by = '' THEN 'unknown' ELSE i.recovered_by END,
       COUNT(*), SUM(i.amount_due_minor)
FROM payments_invoice i LEFT JOIN LATERAL (
    SELECT a.failure_code FROM payments_invoiceattempt a WHERE a.invoice_id = i.id ORDER BY a.tried_at, a.id LIMIT 1
) first ON true
WHERE i.first_failed_at IS NOT NULL AND i.amount_due_minor > 0 GROUP BY 1, 2, 3, 4
""",
    ),
    Sum(
        "reports_yearend", "", "month, invoice_id, patron_id, ends_at, is_renewed",
        f"""
SELECT {MONTH_OF.format("i.period_end")}, i.id, d.patron_id, i.period_end, EXISTS (
    SELECT 1 FROM payments_donation o JOIN payments_invoice n ON n.donation_id = o.id
    WHERE o.patron_id = d.patron_id AND n.id <> i.id AND n.period_start >= i.period_end - interval '1 day'
      AND n.paid_at <= i.period_end + interval '30 days' AND {_PAID.format("n")})
FROM payments_invoice i JOIN payments_donation d ON d.id = i.donation_id
WHERE {_PAID.format("i")} AND i.period_end - i.period_start BETWEEN interval '364 days' AND interval '367 days'
  AND i.period_end <= %(now)s
""",
    ),
    Sum(
        "reports_renewalmonth", "", "month, ended, renewed",
        "SELECT month, COUNT(*), COUNT(*) FILTER (WHERE is_renewed) FROM reports_yearend GROUP BY 1",
    ),
    Sum(
        "reports_originmonth", "",
        "month, rule, story_id, ask_id, campaign, currency, started, joined, joined_monthly_parts, old_enough, "
        "kept_monthly_parts",
        f"""
WITH came AS (
    SELECT m.patron_id, m.at, m.month, m.currency, m.monthly_parts, c.membership_id,
           m.at < %(now)s - interval '90 days' AS is_old
    FROM reports_movement m JOIN members_membershipchange c ON c.id = m.change_id WHERE m.kind = 'new'
), credited AS (
    SELECT came.*, 'joining' AS rule, d.origin_id FROM came LEFT JOIN LATERAL (
        SELECT d.origin_id FROM payments_donation d WHERE d.membership_id = came.membership_id ORDER BY d.id LIMIT 1
    ) d ON true
    UNION ALL
    SELECT came.*, 'first', d.origin_id FROM came LEFT JOIN LATERAL (
        SELECT d.origin_id FROM payments_donation d JOIN payments_payment p ON p.donation_id = d.id
        WHERE d.patron_id = came.patron_id AND d.giver = 'reader' AND p.state = 'succeeded'
          AND (p.source = 'stripe' OR NOT EXISTS (
              SELECT 1 FROM payments_ledgerentry e WHERE e.payment_id = p.id AND {_MISTAKE}))
        ORDER BY p.paid_at, p.id LIMIT 1
    ) d ON true
), rows AS (
    SELECT month, rule, origin_id, currency, 0 AS started, 1 AS joined, monthly_parts, is_old::int AS old, 0 AS kept
    FROM credited
    UNION ALL
    SELECT c.month, c.rule, c.origin_id, n.currency, 0, 0, 0, 0, n.monthly_parts
    FROM credited c JOIN reports_movement n ON n.patron_id = c.patron_id AND n.at < c.at + interval '90 days'
    WHERE c.is_old AND EXISTS (
        SELECT 1 FROM payments_payment p JOIN payments_donation d ON d.id = p.donation_id
        WHERE d.patron_id = c.patron_id AND d.interval <> 'once' AND {_STANDS})
    UNION ALL
    SELECT {MONTH_OF.format("d.created_at")}, rule, d.origin_id, d.currency, 1, 0, 0, 0, 0
    FROM payments_donation d, (VALUES ('joining'), ('first')) rules(rule)
    WHERE NOT EXISTS (SELECT 1 FROM payments_payment p WHERE p.donation_id = d.id AND p.source = 'offline')
      AND NOT (d.subscription IS NOT NULL AND d.checkout_session IS NULL) -- made in Stripe's dashboard
)
SELECT r.month, r.rule, o.story_id, o.ask_id, COALESCE(o.campaign, ''), r.currency, SUM(r.started), SUM(r.joined),
       SUM(r.monthly_parts), SUM(r.old), SUM(r.kept)
FROM rows r LEFT JOIN asks_origin o ON o.id = r.origin_id GROUP BY 1, 2, 3, 4, 5, 6
""",
    ),
    Sum(
        "reports_cohortmoney", "", "cohort, age, currency, net_minor",
        f"""
WITH persons AS (SELECT DISTINCT patron_id, cohort FROM reports_movement),
-- As it stands, so that ages are counted of sums and not of lines.
months AS MATERIALIZED (
    SELECT persons.cohort, e.currency, {MONTH_OF.format("e.occurred_at")} AS month, SUM(e.amount_minor) AS net_minor
    FROM payments_ledgerentry e JOIN payments_payment p ON p.id = e.payment_id
    JOIN payments_donation d ON d.id = p.donation_id JOIN persons ON persons.patron_id = d.patron_id
    WHERE d.interval <> 'once' AND {SETTLED} GROUP BY 1, 2, 3
)
SELECT cohort, age, currency, net_minor FROM (
    SELECT *, (EXTRACT(YEAR FROM month) - EXTRACT(YEAR FROM cohort)) * 12
            + EXTRACT(MONTH FROM month) - EXTRACT(MONTH FROM cohort) AS age FROM months
) aged WHERE age >= 0
""",
    ),
    Sum(
        "reports_exposure", "", "what, currency, monthly_parts, persons",
        f"""
WITH live AS (
    SELECT m.id, m.patron_id, m.currency, {_MONTHLY} AS monthly, m.leaves_at, m.failing_since,
           row_number() OVER (PARTITION BY m.currency ORDER BY {_MONTHLY} DESC, m.id) AS place,
           COUNT(*) OVER (PARTITION BY m.currency) AS size
    FROM members_membership m WHERE {_LIVE}
), parts AS (
    SELECT 'all' AS what, currency, monthly, patron_id FROM live
    UNION ALL SELECT 'leaving', currency, monthly, patron_id FROM live WHERE leaves_at IS NOT NULL
    UNION ALL SELECT 'failing', currency, monthly, patron_id FROM live WHERE failing_since IS NOT NULL
    UNION ALL SELECT 'top', currency, monthly, patron_id FROM live WHERE place <= CEIL(size / 100.0)
    UNION ALL SELECT 'expiring', currency, monthly, patron_id FROM live WHERE EXISTS (
        SELECT 1 FROM payments_donation d WHERE d.membership_id = live.id
        AND d.subscription_status NOT IN ('', 'canceled', 'incomplete_expired')
        AND d.card_expires_on < (%(now)s AT TIME ZONE %(zone)s)::date + 60)
)
SELECT what, currency, SUM(monthly), COUNT(DISTINCT patron_id) FROM parts GROUP BY 1, 2
""",
    ),
)  # fmt: skip
