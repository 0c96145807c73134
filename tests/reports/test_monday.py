"""The letter on Monday: to whom, when, once, and what it says."""

from datetime import UTC, datetime, timedelta

import pytest

from letters.models import Letter
from newsroom import clock
from payments.models import Difference
from reports import monday, rollups
from tests import signing_in
from tests.payments import rows

MONDAY = datetime(2026, 12, 7, 6, 30, tzinfo=UTC)  # half past eight in Kyiv


@pytest.fixture
def staff(db: None) -> None:
    for role in ("admin", "finance", "support", "editor", ""):
        signing_in.patron(f"{role or 'patron'}@newsroom.example", role)


def at(moment: datetime) -> None:
    """Moves the clock there, which never stands still."""
    clock.move(moment - clock.now())


def test_finance_and_admins_get_it_once(staff: None) -> None:
    rollups.rebuild(with_own=True)
    at(MONDAY)
    assert monday.write_due() == 2
    assert monday.write_due() == 0
    to = sorted(Letter.objects.filter(occasion="monday").values_list("to", flat=True))
    assert to == ["admin@newsroom.example", "finance@newsroom.example"]
    letter = Letter.objects.get(to="finance@newsroom.example")
    assert "30 November 2026 – 6 December 2026" in letter.subject
    assert "Active patrons" in letter.text


@pytest.mark.parametrize(
    "moment", [MONDAY - timedelta(hours=3), MONDAY - timedelta(days=1), MONDAY + timedelta(days=1)]
)
def test_it_is_written_on_monday_morning_only(staff: None, moment: datetime) -> None:
    at(moment)
    assert monday.write_due() == 0


def test_it_tells_last_week_beside_the_week_before(staff: None) -> None:
    gift = rows.once()
    for name, minor, day in (("1", 2500, 2), ("2", 1000, 9)):
        paid = rows.payment(gift, payment_intent=f"pi_{name}", charge=f"ch_{name}", amount_minor=minor)
        paid.lines.create(
            kind="payment", balance_transaction=f"txn_{name}", amount_minor=minor, currency="GBP", seen_minor=minor,
            seen_currency="GBP", occurred_at=MONDAY - timedelta(days=day),
        )  # fmt: skip
    rollups.rebuild(with_own=True)
    at(MONDAY)
    monday.write_due()
    assert "£25.00 (the week before £10.00)" in Letter.objects.get(to="admin@newsroom.example").text


@pytest.mark.parametrize(
    ("kind", "asked", "is_told"),
    [("movement differs", False, True), ("movement unknown here", True, False), ("balance differs", False, False)],
)
def test_it_tells_of_a_difference_to_stripe_that_does_not_mend_itself(
    staff: None, kind: str, asked: bool, is_told: bool
) -> None:
    rollups.rebuild(with_own=True)
    Difference.objects.create(kind=kind, object="txn_1", ours="", theirs="5.00 EUR", asked=asked)
    at(MONDAY)
    monday.write_due()
    assert ("needs attention" in Letter.objects.get(to="admin@newsroom.example").text) is is_told
