"""What counts as received: not what was recorded by mistake, and on the day that it was in the newsroom's zone."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client

from newsroom import clock
from newsroom.models import Newsroom
from payments import offline
from payments.models import LedgerEntry, Payment
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
    assert "payment €25.00" in words(finance.get(f"{behind}payment&seen=on").content.decode())
    assert "refund −€25.00" in words(finance.get(f"{behind}payment&seen=on").content.decode())
    assert "refund −€25.00" in words(finance.get(f"{behind}mistake").content.decode())
    assert "€25.00" not in words(finance.get(f"{behind}refund").content.decode())


def test_a_moment_is_printed_in_the_newsrooms_zone(staff: Staff) -> None:
    Newsroom.objects.update(zone="Asia/Tokyo")
    LedgerEntry.objects.create(
        kind="adjustment", balance_transaction="txn_1", amount_minor=700, currency="EUR",
        occurred_at=datetime(2026, 1, 31, 15, 30, tzinfo=UTC),
    )  # fmt: skip
    finance = staff("finance")
    page = words(finance.get("/reports/rows/lines/?first=2026-02-01&last=2026-02-01").content.decode())
    assert "1 Feb 2026, 00:30 adjustment" in page
