"""The SQL behind the sums, one statement a table.

Each takes `zone`, `through` and, where its sums are made anew by day or month, `first` and `until` (days, the second
one exclusive). A statement reads only what was written below `through`, so it gives the same today as tomorrow.
"""

# ruff: noqa: S608  every part of them stands in this file

from dataclasses import dataclass

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
MISTAKE = "e.source = 'offline' AND e.kind = 'refund' AND e.note = 'mistake'"
KIND = f"""
CASE WHEN {_INSTITUTIONAL.format("e")} THEN 'institutional'
     WHEN {MISTAKE} THEN 'mistake'
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
_RETURNED = "r.month = paid.month AND r.payment_id = paid.payment_id AND r.currency = paid.currency"

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
    # Lines of rare kinds, so worded that their index finds them.
    Sum(
        "reports_returnedpayment", "month",
        "month, currency, payment_id, refunded_minor, disputed_minor, gone_minor, is_undone",
        f"""{_OF_PAYMENTS}
SELECT paid.month, paid.currency, paid.payment_id,
       COALESCE(-SUM(e.seen_minor) FILTER (WHERE e.kind IN ('refund', 'refund_reversal')), 0),
       COALESCE(-SUM(e.seen_minor) FILTER (WHERE e.kind = 'dispute'), 0), COALESCE(-SUM(e.seen_minor), 0),
       bool_or(e.kind = 'adjustment' OR {MISTAKE})
FROM paid JOIN payments_ledgerentry e ON e.payment_id = paid.payment_id AND {SETTLED}
 AND e.kind NOT IN ('payment', 'fee') AND e.kind <> 'dispute_fee'
GROUP BY 1, 2, 3
""",
    ),
    Sum(
        "reports_returnmonth", "month",
        "month, currency, payments, paid_minor, refunded, refunded_minor, disputed, disputed_minor",
        f"""{_OF_PAYMENTS}
SELECT paid.month, paid.currency, COUNT(*), SUM(paid.minor),
       COUNT(*) FILTER (WHERE r.refunded_minor > 0), COALESCE(SUM(r.refunded_minor), 0),
       COUNT(*) FILTER (WHERE r.disputed_minor > 0), COALESCE(SUM(r.disputed_minor), 0)
FROM paid LEFT JOIN reports_returnedpayment r ON {_RETURNED} WHERE r.is_undone IS NOT TRUE GROUP BY 1, 2
""",
    ),
    Sum(
        "reports_giftamount", "month", "month, currency, amount_minor, gifts",
        f"""{_OF_PAYMENTS}
SELECT paid.month, paid.currency, paid.minor, COUNT(*)
FROM paid JOIN payments_payment p ON p.id = paid.payment_id JOIN payments_donation d ON d.id = p.donation_id
LEFT JOIN reports_returnedpayment r ON {_RETURNED}
WHERE d.interval = 'once' AND COALESCE(r.gone_minor, 0) = 0 GROUP BY 1, 2, 3
""",
    ),
)  # fmt: skip

MONTH_OF = "date_trunc('month', {} AT TIME ZONE %(zone)s)::date"
STANDS = "p.state = 'succeeded' AND p.refunded_minor < p.amount_minor AND p.disputed_minor = 0"
# And what came for it, if anything, did not go back whole.
_PAID = f"""
{{0}}.status = 'paid' AND NOT EXISTS (
    SELECT 1 FROM payments_payment p WHERE p.invoice_id = {{0}}.id HAVING COUNT(*) > 0 AND NOT bool_or({STANDS}))
"""

NIGHT = (
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
)  # fmt: skip
