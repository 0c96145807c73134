"""What the database itself refuses, whoever asks; and what holds when many ask at once."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from members.models import Membership, Patron
from money.money import Money
from payments import offline, receipts
from payments.models import Donation, LedgerEntry, Payment, Receipt, Refund
from tests.conftest import WorldDatabase

pytestmark = pytest.mark.database

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def given(minor: int = 500) -> Payment:
    """A payment with its line and receipt."""
    reference = f"bank-{Payment.objects.count()}"
    return offline.record(
        email="a@example.org", amount=Money(minor, "EUR"), received_on=date(2026, 11, 30), reference=reference
    )


def membership(patron: Patron, **more: Any) -> Membership:
    terms: dict[str, Any] = {"amount_minor": 500, "currency": "EUR", "interval_months": 1, "monthly_minor": 500}
    return Membership.objects.create(
        patron=patron, first_paid_at=NOW, paid_through=date(2026, 12, 31), **(terms | more)
    )


def card_payment(minor: int = 500) -> Payment:
    donation = Donation.objects.create(interval="once", amount_minor=minor, currency="EUR")
    return Payment.objects.create(
        donation=donation, payment_intent=f"pi_{donation.pk}", amount_minor=minor, currency="EUR", state="succeeded",
        paid_at=NOW,
    )  # fmt: skip


@pytest.mark.parametrize("table", ["payments_ledgerentry", "payments_receipt", "members_membershipchange"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_what_only_grows_refuses_everything_else(db: None, table: str, statement: str) -> None:
    given()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # or TRUNCATE fails for a reason of its own
        with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
            cursor.execute(statement.format(table))
    assert LedgerEntry.objects.count() == Receipt.objects.count() == 1


def test_refunds_that_exceed_their_payment_are_refused(db: None) -> None:
    payment = card_payment(500)
    refund = {"payment": payment, "currency": "EUR", "created_at": NOW}
    Refund.objects.create(stripe_id="re_1", amount_minor=300, status="succeeded", **refund)
    with pytest.raises(IntegrityError, match="exceed"), transaction.atomic():
        Refund.objects.create(stripe_id="re_2", amount_minor=201, status="pending", **refund)
    Refund.objects.create(stripe_id="re_3", amount_minor=400, status="failed", **refund)
    Refund.objects.create(stripe_id="re_4", amount_minor=200, status="succeeded", **refund)
    assert Refund.objects.count() == 3


def test_a_second_live_recurring_membership_is_refused(db: None) -> None:
    patron = Patron.objects.for_email("A@example.org", language="en")
    membership(patron, ended_at=NOW, end_reason="cancelled")
    membership(patron)
    with pytest.raises(IntegrityError, match="one_live_recurring_membership"), transaction.atomic():
        membership(patron)


def test_an_address_is_one_patron_however_it_is_written(db: None) -> None:
    first = Patron.objects.for_email(" Anna@Example.org ", language="uk", name="Anna")
    again = Patron.objects.for_email("anna@example.ORG", language="en", name="Somebody")
    assert (again.pk, again.name, again.language) == (first.pk, "Anna", "uk")


@pytest.mark.parametrize(
    "line",
    [
        {"kind": "payment", "amount_minor": -5},
        {"kind": "refund", "amount_minor": 5},
        {"kind": "payment", "amount_minor": 0},
        {"kind": "payment", "amount_minor": 5, "payment": None},
        {"kind": "payment", "amount_minor": 5, "currency": "eur"},
        {"kind": "payment", "amount_minor": 5, "balance_transaction": None},
        {"kind": "payout", "amount_minor": -5},
    ],
)
def test_a_line_that_cannot_be_is_refused(db: None, line: dict[str, Any]) -> None:
    usual = {"currency": "EUR", "balance_transaction": "txn_1", "occurred_at": NOW, "payment": card_payment()}
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerEntry.objects.create(**(usual | line))
    assert LedgerEntry.objects.count() == 0


def test_the_same_bank_reference_twice_is_refused_and_changes_nothing(db: None) -> None:
    gift: dict[str, Any] = {"email": "a@example.org", "received_on": date(2026, 11, 30), "reference": "B-1"}
    offline.record(amount=Money(500, "EUR"), **gift)
    with pytest.raises(offline.AlreadyRecorded):
        offline.record(amount=Money(700, "EUR"), **gift)
    assert list(LedgerEntry.objects.values_list("amount_minor", flat=True)) == [500]
    assert Donation.objects.count() == 1


def in_parallel(count: int, work: Callable[[int], None]) -> None:
    """Runs the work in so many threads at once, each with its own connection."""
    ready = threading.Barrier(count)

    def run(number: int) -> None:
        try:
            ready.wait()
            work(number)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def issue_naively(payment: Payment) -> None:
    """The control: the next number is read and written without the counter's lock."""
    last = Receipt.objects.order_by("-number").values_list("number", flat=True).first() or 0
    Receipt.objects.create(payment=payment, year=2026, number=last + 1, language="en", issued_at=NOW)


@pytest.mark.parametrize("protected", [True, False])
def test_receipts_issued_at_once_and_rolled_back_are_numbered_without_gaps(
    world_db: WorldDatabase, *, protected: bool
) -> None:
    payments = [card_payment() for _ in range(24)]
    failures: list[Exception] = []

    def work(number: int) -> None:
        for index, payment in enumerate(payments[number::8]):
            try:
                with transaction.atomic():
                    receipts.issue(payment) if protected else issue_naively(payment)
                    if index == 1:
                        raise InterruptedError
            except InterruptedError:
                continue
            except IntegrityError as error:
                failures.append(error)

    in_parallel(8, work)
    numbers = sorted(Receipt.objects.values_list("number", flat=True))
    if protected:
        assert not failures
        assert numbers == list(range(1, 17))
    else:
        assert failures or numbers != list(range(1, 17))
