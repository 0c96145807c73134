"""A superuser spoils the books in every way that the database would otherwise refuse: `manage.py books` finds each."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from audit import log
from config import books
from members.models import Membership
from money.money import Money
from payments import gateway, offline, refunds
from payments.models import Dispute, LedgerEntry, Payment
from tests.journeys.conftest import World

pytestmark = pytest.mark.database

A_LINE = "(SELECT MIN(id) FROM payments_ledgerentry WHERE kind = '{}')"
COLUMNS = (
    "source, kind, reference, payment_id, payout_id, amount_minor, currency, seen_minor, seen_currency, rate,"
    " available_at, occurred_at, recorded_at, note"
)

TERMS = (
    "patron_id, source, amount_minor, currency, interval_months, monthly_minor, paid_through, end_reason, created_at"
)


def line(change: str, kind: str = "payment") -> str:
    return f"UPDATE payments_ledgerentry SET {change} WHERE id = {A_LINE.format(kind)}"


def unhold(table: str, constraint: str) -> str:
    return f"ALTER TABLE {table} DROP CONSTRAINT {constraint}"


# What is done to the books, and the check that must say so.
CORRUPTIONS: dict[str, tuple[str, list[str]]] = {
    "a fee is one cent more": ("ledger.balance", [line("amount_minor = amount_minor + 1", "fee")]),
    "a cent moves from a payment to its fee": (
        "ledger.same_currency",
        [
            ("UPDATE payments_ledgerentry SET amount_minor = amount_minor + CASE kind WHEN 'fee' THEN 1 ELSE -1 END"
            " WHERE payment_id = (SELECT MIN(payment_id) FROM payments_ledgerentry WHERE kind = 'fee')")
        ],
    ),
    "a bank transfer is one cent more": (
        "ledger.same_currency",
        ["UPDATE payments_ledgerentry SET amount_minor = amount_minor + 1 WHERE reference = 'bank-1'"],
    ),
    "the line of a record taken back is deleted": (
        "refunds.lines",
        ["DELETE FROM payments_ledgerentry WHERE source = 'offline' AND kind = 'refund'"],
    ),
    "a payment's lines are deleted": (
        "ledger.line_of_payment",
        ["DELETE FROM payments_ledgerentry WHERE payment_id = (SELECT MIN(payment_id) FROM payments_ledgerentry)"],
    ),
    "a payment forgets that it is in the book": (
        "ledger.booked", ["UPDATE payments_payment SET is_booked = false WHERE reference = 'bank-1'"],
    ),
    "a gift is said to outlive its membership": (
        "donations.lives_on", ["UPDATE payments_donation SET lives_on = true WHERE membership_id IS NOT NULL"],
    ),
    "a fee is deleted": ("ledger.balance", [f"DELETE FROM payments_ledgerentry WHERE id = {A_LINE.format('fee')}"]),
    "a payment is booked twice": (
        "ledger.payment_once",
        [
            (f"INSERT INTO payments_ledgerentry ({COLUMNS}, balance_transaction) SELECT {COLUMNS}, 'txn_again'"
            f" FROM payments_ledgerentry WHERE id = {A_LINE.format('payment')}")
        ],
    ),
    "a bank transfer is booked twice": (
        "ledger.payment_once",
        [
            (f"INSERT INTO payments_ledgerentry ({COLUMNS.replace('reference', 'balance_transaction')}, reference)"
            f" SELECT {COLUMNS.replace('reference', 'balance_transaction')}, 'again'"
            " FROM payments_ledgerentry WHERE reference = 'bank-1'")
        ],
    ),
    "a movement is booked as other business too": (
        "ledger.not_twice",
        [
            (f"INSERT INTO payments_ledgerentry ({COLUMNS.replace('kind, ', '')}, kind, balance_transaction)"
            f" SELECT {COLUMNS.replace('kind, ', '')}, 'adjustment', balance_transaction FROM payments_ledgerentry"
            f" WHERE id = {A_LINE.format('payment')}")
        ],
    ),
    "a fee is in another currency": ("ledger.one_currency", [line("currency = 'PLN'", "fee")]),
    "a line shows what no giver saw": ("ledger.payment_seen", [line("seen_minor = seen_minor + 1")]),
    "a line shows another currency": ("ledger.payment_seen", [line("seen_currency = 'PLN'")]),
    "a line loses its payment": (
        "ledger.payment",
        [unhold("payments_ledgerentry", "ledger_line_has_its_payment"), line("payment_id = NULL")],
    ),
    "a refund is booked as income": (
        "ledger.signs",
        [
            unhold("payments_ledgerentry", "ledger_money_out_is_negative"),
            line("amount_minor = -amount_minor, seen_minor = -seen_minor", "refund"),
        ],
    ),
    "a payment is said to have failed": (
        "ledger.payment_received",
        ["UPDATE payments_payment SET state = 'failed' WHERE reference = 'bank-1'"],
    ),
    "the book's trigger is dropped": ("ledger.only_grows", ["DROP TRIGGER only_grows ON payments_ledgerentry"]),
    "the receipts' trigger is switched off": (
        "ledger.only_grows",
        ["ALTER TABLE payments_receipt DISABLE TRIGGER only_grows"],
    ),
    "the refunds' trigger is switched off": (
        "ledger.only_grows",
        ["ALTER TABLE payments_refund DISABLE TRIGGER refunds_fit"],
    ),
    "the staff log's trigger is dropped": (
        "ledger.only_grows",
        ["DROP TRIGGER staff_action_only_grows ON audit_staffaction"],
    ),
    "more is refunded than was paid": ("refunds.within_payment", ["UPDATE payments_refund SET amount_minor = 99999"]),
    "a payment forgets a cent of its refund": (
        "refunds.sum_on_payment",
        ["UPDATE payments_payment SET refunded_minor = refunded_minor - 1 WHERE refunded_minor > 0"],
    ),
    "a refund's line is deleted": ("refunds.lines", ["DELETE FROM payments_ledgerentry WHERE kind = 'refund'"]),
    "a payment forgets its dispute": (
        "disputes.lines",
        ["UPDATE payments_payment SET disputed_minor = 0 WHERE disputed_minor > 0"],
    ),
    "a receipt is deleted": ("receipts.none_owed", ["DELETE FROM payments_receipt WHERE number = 2"]),
    "a receipt's number is skipped": (
        "receipts.no_gap",
        [
            ("UPDATE payments_receipt SET number = number + 1"
            " WHERE id = (SELECT id FROM payments_receipt ORDER BY year DESC, number DESC LIMIT 1)")
        ],
    ),
    "the receipts' counter runs ahead": ("receipts.no_gap", ["UPDATE payments_receiptcounter SET last = last + 1"]),
    "the receipts' counter is deleted": ("receipts.no_gap", ["DELETE FROM payments_receiptcounter"]),
    "a receipt's letter is deleted": (
        "receipts.sent",
        ["DELETE FROM letters_letter WHERE id = (SELECT MIN(id) FROM letters_letter WHERE occasion = 'receipt')"],
    ),
    "a letter is stuck": (
        "letters.delivered",
        ["UPDATE letters_letter SET state = 'queued', sent_at = NULL, created_at = created_at - interval '30 days'"],
    ),
    "a patron has two live memberships": (
        "memberships.one_live",
        [
            "DROP INDEX one_live_recurring_membership",
            f"INSERT INTO members_membership ({TERMS}) SELECT {TERMS} FROM members_membership",
        ],
    ),
    "a membership's subscription is forgotten": (
        "memberships.backed",
        ["UPDATE payments_donation SET subscription = NULL WHERE membership_id IS NOT NULL"],
    ),
    "a membership's payments go to somebody else": (
        "memberships.paid",
        [
            "UPDATE payments_payment SET donation_id = (SELECT MIN(id) FROM payments_donation WHERE interval = 'once')"
        ],
    ),
    "a membership is made longer": (
        "memberships.history",
        ["UPDATE members_membership SET paid_through = paid_through + 365"],
    ),
    "a membership's newest change is rewritten": (
        "memberships.history",
        [
            """UPDATE members_membershipchange SET after = jsonb_set(after, '{monthly_minor}', '50000')
               WHERE id = (SELECT MAX(id) FROM members_membershipchange)"""
        ],
    ),
    "a membership's first change is rewritten": (
        "memberships.history_whole",
        [
            """UPDATE members_membershipchange SET after = jsonb_set(after, '{monthly_minor}', '50000')
               WHERE id = (SELECT MIN(id) FROM members_membershipchange)"""
        ],
    ),
    "a membership's first change is deleted": (
        "memberships.history_whole",
        ["DELETE FROM members_membershipchange WHERE id = (SELECT MIN(id) FROM members_membershipchange)"],
    ),
    "a membership's whole history is deleted": ("memberships.history", ["DELETE FROM members_membershipchange"]),
    "a live gift loses its membership": (
        "donations.live_has_membership",
        ["UPDATE payments_donation SET membership_id = NULL"],
    ),
    "a running gift loses its card": (
        "donations.chargeable", ["UPDATE payments_donation SET method = '' WHERE subscription IS NOT NULL"],
    ),
    "a renewal does not come": (
        "donations.next_charge",
        ["UPDATE payments_donation SET period_end = period_end - interval '40 days' WHERE subscription IS NOT NULL"],
    ),
    "renewals are due and not met": (
        "donations.renewals_met",
        [
            ("INSERT INTO payments_invoice (stripe_id, donation_id, status, billing_reason, amount_due_minor, currency,"
            " period_start, period_end, attempt_count, payment_intent, hosted_url, failure_code, created_at,"
            " recovered_by) SELECT 'in_' || n, (SELECT MIN(id) FROM payments_donation WHERE subscription IS NOT NULL),"
            " 'open', 'subscription_cycle', 500, 'EUR', now, now, 1, '', '', 'card_declined', now, ''"
            " FROM generate_series(1, 12) n, (SELECT MAX(received_at) - interval '2 days' AS now"
            " FROM payments_stripeevent) clock")
        ],
    ),
    "an event is dead": (
        "inbox.none_dead",
        ["UPDATE payments_stripeevent SET state = 'dead' WHERE id = (SELECT MIN(id) FROM payments_stripeevent)"],
    ),
    "an event is stuck": (
        "inbox.moves",
        ["UPDATE payments_stripeevent SET state = 'pending', received_at = received_at - interval '2 days'"],
    ),
    "a subscription here is unknown at Stripe": (
        "stripe.subscriptions",
        ["UPDATE payments_donation SET subscription = 'sub_of_nobody' WHERE membership_id IS NOT NULL"],
    ),
    "a link of the staff's log is changed": (
        "audit.chain",
        [
            "ALTER TABLE audit_staffaction DISABLE TRIGGER USER",
            "UPDATE audit_staffaction SET reason = 'nobody asked' WHERE id = (SELECT MIN(id) FROM audit_staffaction)",
        ],
    ),
    "a link of the staff's log is deleted": (
        "audit.chain",
        [
            "ALTER TABLE audit_staffaction DISABLE TRIGGER USER",
            "DELETE FROM audit_staffaction WHERE id = (SELECT MIN(id) FROM audit_staffaction)",
        ],
    ),
}  # fmt: skip


def found() -> dict[str, str]:
    """What `manage.py books` complains of, by check."""
    return {check["id"]: check["detail"] for check in books.prove()["checks"] if not check["ok"]}


@contextmanager
def spoilt(statements: list[str]) -> Iterator[None]:
    """The books after these statements, with triggers and foreign keys asleep; they come back as they were.

    Not `atomic`, in which nobody may speak with Stripe, and two of the checks do.
    """
    connection.set_autocommit(False)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for statement in statements:
                cursor.execute(statement)
                assert cursor.rowcount, f"nothing was spoilt by: {statement}"
            cursor.execute("SET LOCAL session_replication_role = origin")
        yield
    finally:
        connection.rollback()
        connection.set_autocommit(True)


@pytest.fixture
def kept(story: World) -> World:
    """Books with something of everything: a renewal, a refund, a dispute, a transfer by hand, staff at work."""
    patron = story.reader().give(interval="monthly", amount="5")
    disputed = story.reader().give(interval="once", amount="25", currency="USD", email="second@example.org")
    story.advance(days=33)
    refunds.issue(Payment.objects.filter(donation=patron).latest("id"), Money(200, "EUR"), key="wish")
    story.settle()
    story.press("disputes", charge=story.charge(disputed), reason="fraudulent")
    offline.record(
        email="third@example.org", amount=Money(7000, "EUR"), received_on=date(2026, 12, 1), reference="bank-1"
    )
    wrong = offline.record(
        email="third@example.org", amount=Money(9000, "EUR"), received_on=date(2026, 12, 1), reference="bank-2"
    )
    offline.reverse(wrong, because=offline.Reversal.MISTAKE)
    for number in range(3):
        log.record(None, "refund.issued", target=f"payment:{number}", reason="asked by letter")
    story.leap(hours=3)
    return story


def test_every_corruption_is_found_by_its_check(kept: World) -> None:
    assert len(CORRUPTIONS) >= 20
    assert Dispute.objects.count() == Membership.objects.count() == 1
    assert set(LedgerEntry.objects.values_list("kind", flat=True)) >= {"payment", "fee", "refund", "dispute"}
    assert found() == {}
    missed: dict[str, Any] = {}
    for name, (check, statements) in CORRUPTIONS.items():
        with spoilt(statements):
            complaints = found()
        stumbled = [
            detail
            for detail in complaints.values()
            if "could not be checked" in detail or "could not be asked" in detail
        ]
        if check not in complaints or stumbled:
            missed[name] = complaints
        assert found() == {}, f"the books did not come back after: {name}"
    assert missed == {}


def test_live_subscription_that_only_stripe_knows_is_found(kept: World) -> None:
    client = kept.sandbox.client.v1
    known = client.subscriptions.list().data[0]
    product = client.products.create({"name": "Photo prints"}).id
    price = {"currency": "eur", "unit_amount": 500, "product": product, "recurring": {"interval": "month"}}
    client.subscriptions.create(
        {
            "customer": known.customer, "default_payment_method": known.default_payment_method,
            "items": [{"price_data": price}],
        }
    )  # fmt: skip
    kept.settle()
    assert set(found()) >= {"stripe.subscriptions"}


def test_checks_that_cannot_ask_stripe_say_so(kept: World, settings: Settings) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    gateway.forget_client()
    complaints = found()
    assert set(complaints) == {"ledger.balance", "stripe.subscriptions"}
    assert all("could not be asked" in detail for detail in complaints.values())
