"""What counts as received: not what was recorded by mistake, and on the day that it was in the newsroom's zone."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client

from money.money import Money
from newsroom import clock
from newsroom.models import Newsroom
from payments import offline
from payments.models import LedgerEntry, Payment, Payout
from payments.models.donation import Giver
from reports import rollups
from reports.figures import money, months
from tests.reports.test_pages_of_figures import words

Staff = Callable[[str], Client]


@pytest.mark.parametrize(
    ("because", "received", "back", "payments"),
    [(offline.Reversal.MISTAKE, 0, 0, None), (offline.Reversal.RETURNED, 2500, -2500, 1)],
)
def test_a_mistake_was_never_received_and_nothing_went_back(
    payment: Payment, because: offline.Reversal, received: int, back: int, payments: int | None
) -> None:
    offline.reverse(payment, because=because)
    rollups.rebuild(with_own=True)
    this = months.this()
    [seen] = money.seen(this, months.after(this))
    assert (seen.single_minor, seen.back_minor) == (received, back)
    told = money.returns(this).get("EUR")
    assert (told and (told.payments, told.refunded)) == (payments and (payments, payments))
    assert money.net_income(this, months.after(this)) == money.by_gift_month(this) == {"EUR": 0}
    assert rollups.prove()


def test_what_was_received_opens_into_its_lines_with_the_mistake(staff: Staff, payment: Payment) -> None:
    offline.reverse(payment, because=offline.Reversal.MISTAKE)
    finance, today = staff("finance"), clock.today()
    behind = f"/reports/rows/lines/?first={today}&last={today}&currency=EUR&kind="
    assert "payment €25.00" in words(finance.get(f"{behind}payments&seen=on").content.decode())
    assert "refund −€25.00" in words(finance.get(f"{behind}payments&seen=on").content.decode())
    assert "refund −€25.00" in words(finance.get(f"{behind}mistake").content.decode())
    assert "€25.00" not in words(finance.get(f"{behind}refund").content.decode())


def test_net_income_opens_into_the_lines_that_it_sums(staff: Staff, stripe_payment: Payment, payment: Payment) -> None:
    offline.record(
        email="fund@example.org", amount=Money(90_000, "EUR"), received_on=clock.today(), reference="B-2",
        giver=Giver.GRANT,
    )  # fmt: skip
    lines = {"payment": 1000, "fee": -30, "refund": -200, "dispute": -500, "dispute_fee": -15, "adjustment": -300}
    for kind, minor in lines.items():
        seen = {} if "fee" in kind else {"seen_minor": minor, "seen_currency": "EUR"}
        line(f"txn_{kind}", kind=kind, payment=stripe_payment, amount_minor=minor, **seen)
    payout = Payout.objects.create(
        stripe_id="po_1", amount_minor=7000, currency="EUR", status="paid", arrives_on=clock.today(),
        created_at=clock.now(),
    )  # fmt: skip
    line("txn_payout", kind="payout", amount_minor=-7000, payout=payout)
    line("txn_other", kind="adjustment", amount_minor=123)
    rollups.rebuild(with_own=True)
    finance, this = staff("finance"), months.this()
    page = finance.get("/reports/").content.decode()
    link = unescape(re.findall(rf'href="(/reports/rows/lines/[^"]*{this}[^"]*kind=net)"', page)[0])
    rows = finance.get(link).context["rows"]
    assert {row.payment_id for row in rows} == {payment.pk, stripe_payment.pk}
    assert {"EUR": sum(row.amount_minor for row in rows)} == money.net_income(this, months.after(this))


def line(number: str, **facts: Any) -> None:
    """One of now."""
    LedgerEntry.objects.create(balance_transaction=number, currency="EUR", occurred_at=clock.now(), **facts)


def test_a_moment_is_printed_in_the_newsrooms_zone(staff: Staff) -> None:
    Newsroom.objects.update(zone="Asia/Tokyo")
    LedgerEntry.objects.create(
        kind="adjustment", balance_transaction="txn_1", amount_minor=700, currency="EUR",
        occurred_at=datetime(2026, 1, 31, 15, 30, tzinfo=UTC),
    )  # fmt: skip
    finance = staff("finance")
    page = words(finance.get("/reports/rows/lines/?first=2026-02-01&last=2026-02-01").content.decode())
    assert "1 Feb 2026, 00:30 adjustment" in page
