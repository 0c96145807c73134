"""The SQL behind failed invoices and what is at risk, made anew each night: the rows, then what is counted of them."""

# ruff: noqa: S608  every part of them stands in this file

from reports.models.parts import PARTS
from reports.sums import MONTH_OF, Sum

_MONTHLY = f"div(m.amount_minor::numeric * {PARTS}, m.interval_months)"
FAILING = (
    Sum(
        "reports_invoicefailure", "", "invoice_id, due_at, failed_at, currency, code, recovered_by, amount_minor",
        """
SELECT i.id, i.created_at, i.first_failed_at, i.currency, COALESCE(first.failure_code, i.failure_code),
       CASE WHEN i.paid_at IS NULL OR i.paid_at > i.first_failed_at + interval '30 days' THEN ''
            WHEN i.recovered_by = '' THEN 'unknown' ELSE i.recovered_by END,
       i.amount_due_minor
FROM payments_invoice i LEFT JOIN LATERAL (
    SELECT a.failure_code FROM payments_invoiceattempt a WHERE a.invoice_id = i.id ORDER BY a.tried_at, a.id LIMIT 1
) first ON true
WHERE i.first_failed_at IS NOT NULL AND i.amount_due_minor > 0
""",
    ),
    Sum(
        "reports_invoicemonth", "", "month, currency, due, due_minor, failed, failed_minor",
        f"""
SELECT {MONTH_OF.format("i.created_at")}, i.currency, COUNT(*), SUM(i.amount_due_minor),
       COUNT(f.invoice_id), COALESCE(SUM(f.amount_minor), 0)
FROM payments_invoice i LEFT JOIN reports_invoicefailure f ON f.invoice_id = i.id
WHERE i.amount_due_minor > 0 AND (i.status = 'paid' OR i.first_failed_at IS NOT NULL OR i.attempt_count > 0)
GROUP BY 1, 2
""",
    ),
    Sum(
        "reports_recoverymonth", "", "month, currency, code, recovered_by, invoices, amount_minor",
        f"""
SELECT {MONTH_OF.format("failed_at")}, currency, code, recovered_by, COUNT(*), SUM(amount_minor)
FROM reports_invoicefailure GROUP BY 1, 2, 3, 4
""",
    ),
    Sum(
        "reports_exposedmembership", "",
        "membership_id, patron_id, currency, monthly_parts, is_leaving, is_failing, is_expiring, is_top",
        f"""
SELECT m.id, m.patron_id, m.currency, {_MONTHLY}, m.leaves_at IS NOT NULL, m.failing_since IS NOT NULL,
       EXISTS (
           SELECT 1 FROM payments_donation d WHERE d.membership_id = m.id
           AND d.subscription_status NOT IN ('', 'canceled', 'incomplete_expired')
           AND d.card_expires_on < (%(now)s AT TIME ZONE %(zone)s)::date + 60),
       row_number() OVER (PARTITION BY m.currency ORDER BY {_MONTHLY} DESC, m.id)
           <= CEIL(COUNT(*) OVER (PARTITION BY m.currency) / 100.0)
FROM members_membership m WHERE m.source = 'recurring' AND m.ended_at IS NULL AND m.paused_at IS NULL
""",
    ),
    Sum(
        "reports_exposure", "", "what, currency, monthly_parts, persons",
        """
SELECT what, m.currency, SUM(m.monthly_parts), COUNT(*)
FROM reports_exposedmembership m, LATERAL (VALUES
    ('all', true), ('leaving', is_leaving), ('failing', is_failing), ('expiring', is_expiring), ('top', is_top)
) hangs(what, is_so)
WHERE is_so GROUP BY 1, 2
""",
    ),
)  # fmt: skip
