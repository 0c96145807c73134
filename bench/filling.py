"""An invented newsroom of any size for bench/reports: givers, what they gave month by month, and its lines."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

Connection = psycopg.Connection[tuple[Any, ...]]

# Filled while they have no indexes but the unique ones.
TABLES = ("members_membership", "members_membershipchange", "payments_donation", "payments_invoice",
          "payments_payment", "payments_ledgerentry")  # fmt: skip
# A giver for each month's payment and its fee; who joined later paid less often, so half of the months on average. What
# is rare is made of every so-manieth of them; the history does not tell of it, so the sums are as without it.
FILL = """
SET session_replication_role = replica;
SET maintenance_work_mem = '512MB';
INSERT INTO members_patron (id, email, name, language, role, is_active, session_nonce)
SELECT n, 'p' || n || '@example.org', '', 'en', '', true, '' FROM generate_series(1, {givers}) n;
INSERT INTO members_membership (id, patron_id, source, amount_minor, currency, interval_months, monthly_minor,
    first_paid_at, paid_through, end_reason, failing_since, paused_at, ended_at)
SELECT n, n, 'recurring', 500 + n % 7, (ARRAY['EUR', 'USD', 'UAH'])[1 + n / {months} % 3], 1, 500 + n % 7,
    date_trunc('month', now()) - (n % {months}) * interval '1 month' + (n % 27) * interval '1 day', '2099-01-01',
    CASE n % 20 WHEN 3 THEN 'lapsed' ELSE '' END, CASE n % 40 WHEN 5 THEN now() - interval '3 days' END,
    CASE n % 60 WHEN 7 THEN now() - interval '9 days' END, CASE n % 20 WHEN 3 THEN now() - interval '9 days' END
FROM generate_series(1, {givers}) n;
INSERT INTO members_membershipchange (membership_id, kind, before, after, occurred_at)
SELECT m.id, 'joined', '{{}}', jsonb_build_object('amount_minor', m.amount_minor, 'currency', m.currency,
    'interval_months', 1, 'monthly_minor', m.monthly_minor, 'paid_through', m.paid_through, 'failing_since', null,
    'paused_at', null, 'leaves_at', null, 'ended_at', null, 'end_reason', '', 'forfeited_at', null), m.first_paid_at
FROM members_membership m ORDER BY m.id;
INSERT INTO payments_donation (id, reference, interval, every_months, amount_minor, fee_cover_minor, currency, email,
    name, display, shown_as, message, language, patron_id, membership_id, state, browser, attempt, checkout_url,
    customer, subscription, subscription_status, stripe_end_reason, method, card_brand, card_last4, is_second, lives_on,
    giver)
SELECT m.id, gen_random_uuid(), 'monthly', 0, m.amount_minor, 0, m.currency, '', '', 'anonymous', '', '', 'en', m.id,
    m.id, 'live', '', 1, '', '', 'sub_' || m.id,
    CASE WHEN m.id % 20 = 3 AND m.id % 400 <> 3 THEN 'canceled' ELSE 'active' END, '', 'card', 'visa', '4242',
    m.id % 300 = 9, m.id % 400 = 3, 'reader'
FROM members_membership m;
CREATE TEMPORARY TABLE paid AS
SELECT *, CASE id % 500 WHEN 2 THEN 'offline' ELSE 'stripe' END AS source, id % 5000 <> 4 AS is_booked FROM (
    SELECT row_number() OVER () AS id, m.id AS giver, m.amount_minor, m.currency,
        m.first_paid_at + k * interval '1 month' AS at
    FROM members_membership m, generate_series(0, {months}) k WHERE m.first_paid_at + k * interval '1 month' < now()
) numbered;
INSERT INTO payments_invoice (id, stripe_id, donation_id, status, billing_reason, amount_due_minor, currency,
    period_start, period_end, attempt_count, payment_intent, hosted_url, failure_code, created_at, first_failed_at,
    paid_at, recovered_by)
SELECT id, 'in_' || id, giver, 'paid', '', amount_minor, currency, at, at + interval '1 month', 1, '', '', '', at,
    CASE id % 25 WHEN 0 THEN at END, at + interval '1 day', CASE id % 25 WHEN 0 THEN 'retry' ELSE '' END
FROM paid WHERE id % 5 = 0;
INSERT INTO payments_payment (id, donation_id, invoice_id, source, payment_intent, charge, reference, amount_minor,
    currency, state, refunded_minor, disputed_minor, method, card_brand, card_last4, failure_code, display, shown_as,
    paid_at, created_at, is_booked)
SELECT id, giver, CASE id % 5 WHEN 0 THEN id END, source, CASE source WHEN 'stripe' THEN 'pi_' || id END,
    CASE source WHEN 'stripe' THEN 'ch_' || id END, CASE source WHEN 'offline' THEN 'bank ' || id END, amount_minor,
    currency, 'succeeded', 0, 0, 'card', 'visa', '4242', '', '', '', at, at, is_booked
FROM paid;
INSERT INTO payments_refund (stripe_id, payment_id, amount_minor, currency, status, failure_reason, created_at)
SELECT 're_' || id, id, 100, currency, CASE id % 5000 WHEN 1 THEN 'pending' ELSE 'succeeded' END, '', at FROM paid
WHERE id % 100 = 1;
INSERT INTO payments_ledgerentry (source, kind, balance_transaction, reference, payment_id, amount_minor, currency,
    seen_minor, seen_currency, occurred_at, note)
SELECT source, 'payment', CASE source WHEN 'stripe' THEN 'txn_' || id END,
    CASE source WHEN 'offline' THEN 'bank ' || id END, id, amount_minor, currency, amount_minor, currency, at, ''
FROM paid WHERE is_booked
UNION ALL SELECT 'stripe', 'fee', 'txn_' || id, NULL, id, -44, currency, NULL, '', at, ''
FROM paid WHERE is_booked AND source = 'stripe'
UNION ALL SELECT 'stripe', 'refund', 'txn_back_' || id, NULL, id, -100, currency, -100, currency, at, ''
FROM paid WHERE id % 100 = 1
UNION ALL SELECT 'stripe', 'adjustment', 'txn_other_' || id, NULL, NULL, -9, currency, NULL, '', at, ''
FROM paid WHERE id % 25 = 6;
"""


def fill(rows: Connection, givers: int, months: int) -> None:
    """So many givers, who joined in turn in so many months and have given since."""
    with _without_indexes(rows):
        rows.execute(FILL.format(givers=givers, months=months))


@contextmanager
def _without_indexes(rows: Connection) -> Iterator[None]:
    """Those that hold no constraint, gone in the block and made again at its end: many times quicker."""
    found = rows.execute(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i "
        "WHERE i.indrelid = ANY(%s::regclass[]) AND NOT i.indisunique",
        [list(TABLES)],
    ).fetchall()
    for name, _definition in found:
        rows.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    yield
    for _name, definition in found:
        rows.execute(definition)
