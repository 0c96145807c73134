"""Pages look at few rows, however many there are: in a newsroom with thousands of givers."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from newsroom import patience
from reports import rollups

GIVERS = 5_000
# A giver's monthly gift, its membership, one payment of this month, its two lines, and an invoice that failed. The
# history tells of joining. Each gave once besides. A hundredth of all payments was refunded, another disputed.
FILL = """
INSERT INTO members_patron (email, name, language, role, is_active, session_nonce)
SELECT 'p' || n || '@example.org', '', 'en', '', true, '' FROM generate_series(1, %(givers)s) n;
INSERT INTO members_membership (patron_id, source, amount_minor, currency, interval_months, monthly_minor,
    first_paid_at, paid_through, end_reason)
SELECT id, 'recurring', 500, 'EUR', 1, 500, newsroom_now(), '2099-01-01', '' FROM members_patron WHERE role = '';
INSERT INTO members_membershipchange (membership_id, kind, before, after, occurred_at)
SELECT id, 'joined', '{}', jsonb_build_object('amount_minor', 500, 'currency', 'EUR', 'interval_months', 1,
    'monthly_minor', 500, 'paid_through', paid_through, 'failing_since', null, 'paused_at', null, 'leaves_at', null,
    'ended_at', null, 'end_reason', '', 'forfeited_at', null), first_paid_at
FROM members_membership;
INSERT INTO payments_donation (reference, interval, every_months, amount_minor, fee_cover_minor, currency, email, name,
    display, shown_as, message, language, patron_id, membership_id, state, browser, attempt, checkout_session,
    checkout_url, customer, subscription, subscription_status, stripe_end_reason, method, card_brand, card_last4,
    is_second, giver)
SELECT gen_random_uuid(), 'monthly', 0, 500, 0, 'EUR', '', '', 'anonymous', '', '', 'en', patron_id, id, 'live', '', 1,
    'cs_' || id, '', '', 'sub_' || id, 'active', '', 'card', 'visa', '4242', false, 'reader'
FROM members_membership;
INSERT INTO payments_donation (reference, interval, every_months, amount_minor, fee_cover_minor, currency, email, name,
    display, shown_as, message, language, patron_id, state, browser, attempt, checkout_url, customer,
    subscription_status, stripe_end_reason, method, card_brand, card_last4, is_second, giver)
SELECT gen_random_uuid(), 'once', 0, 500, 0, 'EUR', '', '', 'anonymous', '', '', 'en', patron_id, 'given', '', 1,
    '', '', '', '', 'card', 'visa', '4242', false, 'reader'
FROM members_membership;
INSERT INTO payments_payment (donation_id, source, payment_intent, charge, amount_minor, currency, state,
    refunded_minor, disputed_minor, method, card_brand, card_last4, failure_code, display, shown_as, paid_at, is_booked)
SELECT id, 'stripe', 'pi_' || id, 'ch_' || id, 500, 'EUR', 'succeeded', 0, 0, 'card', 'visa', '4242', '', '', '',
    newsroom_now(), true
FROM payments_donation ORDER BY patron_id, id;
INSERT INTO payments_ledgerentry (source, kind, balance_transaction, payment_id, amount_minor, currency, seen_minor,
    seen_currency, occurred_at, note)
SELECT 'stripe', kind, 'txn_' || id, id, minor, 'EUR', seen, CASE kind WHEN 'fee' THEN '' ELSE 'EUR' END,
    paid_at + id * interval '1 millisecond', ''
FROM payments_payment,
    (VALUES ('payment', 500, 500), ('fee', -33, NULL), ('refund', -200, -200), ('dispute', -500, -500))
        line(kind, minor, seen)
WHERE kind IN ('payment', 'fee') OR kind = CASE id %% 100 WHEN 1 THEN 'refund' WHEN 2 THEN 'dispute' END;
INSERT INTO payments_invoice (stripe_id, donation_id, status, billing_reason, amount_due_minor, currency, period_start,
    period_end, attempt_count, payment_intent, hosted_url, failure_code, created_at, first_failed_at, recovered_by)
SELECT 'in_' || id, id, 'open', '', 500, 'EUR', newsroom_now(), newsroom_now(), 1, '', '', '', newsroom_now(),
    newsroom_now(), ''
FROM payments_donation WHERE subscription IS NOT NULL;
"""


@pytest.fixture
def crowd(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"givers": GIVERS})
    patience.count_rows()  # or the rebuild is planned for empty tables, and takes minutes
    rollups.rebuild(with_own=True)
    patience.count_rows()


def looked_at(statement: str) -> int:
    """How many rows PostgreSQL reads from tables and indexes to answer."""
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + statement.replace("%", "%%"), [])
        plan = cursor.fetchone()[0][0]["Plan"]
    left_out = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    return sum(
        round(node["Actual Loops"] * (node["Actual Rows"] + sum(node.get(name, 0) for name in left_out)))
        for node in _nodes(plan)
        if "Scan" in node["Node Type"] and node["Node Type"] != "Subquery Scan"
    )


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from _nodes(inner)


def origins(browser: Client) -> list[str]:
    """Where patrons come from, and its ways to rows; nobody is old enough yet to have kept anything."""
    page = "/reports/origins/"
    found = re.findall(r'href="(/reports/rows/origins/[^"]*)"', browser.get(page).content.decode())
    opened = [one.replace("&amp;", "&") for one in found]
    assert len(opened) == 6  # started, joined and what they brought: of no story, and together
    more = [one.replace("=joined", what) for one in opened for what in ("=old", "=kept") if "=joined" in one]
    parts = [one.replace("=story", part) for one in opened for part in ("=ask", "=campaign") if "=story" in one]
    rare = [one.replace("=EUR", "=JPY") for one in opened if "=EUR" in one]
    return [page, *opened, *more, *parts, *rare]


def test_pages_look_at_few_rows_of_many(staff: Callable[[str], Client], crowd: None) -> None:
    assert looked_at("SELECT COUNT(*) FROM payments_payment WHERE amount_minor = 7") == 2 * GIVERS  # it does count
    admin = staff("admin")
    home = admin.get("/reports/").content.decode()
    movements = re.findall(r'href="(/reports/rows/movements/[^"]*kind=new)"', home)[0].replace("&amp;", "&")
    persons = re.findall(r'href="(/reports/rows/persons/[^"]*outcome=new)"', home)[0].replace("&amp;", "&")
    opened = {unescape(link) for link in re.findall(r'href="(/reports/rows/(?:lines|payments)/[^"]*)"', home)}
    parts = "recurring single payments back refunds disputes fees net paid refunded disputed".split()
    assert all(any(f"kind={part}" in link for link in opened) for part in parts)
    opened |= {f"{link}&after={after}" for link in opened if (after := admin.get(link).context["after"])}
    risks = admin.get("/reports/failed/").content.decode()
    failed = {unescape(link) for link in re.findall(r'href="(/reports/rows/[^"]*)"', risks)}
    assert {urlsplit(link).path for link in failed} == {"/reports/rows/invoices/", "/reports/rows/memberships/"}
    other = max(link for link in opened if link.endswith("kind=net")).replace("kind=net", "{}")
    kinds = ("fee", "refund", "dispute", "adjustment", "return", "payout", "institutional")
    seen = dict[str, int]()
    for page in (
        "/reports/", "/reports/days/", "/reports/close/", "/reports/close/differences/", "/reports/health/",
        "/reports/payments/", "/reports/retention/", "/reports/failed/", movements, persons,
        persons.replace("=new", "=live"), *sorted(opened | failed), *origins(admin),
        other.format("source=offline"), *(other.format(f"kind={kind}") for kind in kinds),
    ):  # fmt: skip
        admin.get(page)
        with CaptureQueriesContext(connection) as asked:
            assert admin.get(page).status_code == 200
        statements = [one["sql"] for one in asked.captured_queries if one["sql"].startswith(("SELECT", "WITH"))]
        seen[page] = sum(map(looked_at, statements))
    assert {page: rows for page, rows in seen.items() if rows > 1000} == {}
