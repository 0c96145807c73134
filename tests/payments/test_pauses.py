"""A pause keeps a membership from lapsing, and brings none back that has lapsed."""

from datetime import timedelta

import pytest

from newsroom import clock
from newsroom.models import Newsroom
from payments import donations
from tests.payments import rows

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("days", "lapses"), [(-1, False), (0, False), (1, True)])
def test_only_a_pause_that_began_before_the_last_day_of_grace_was_over_holds_the_membership(
    days: int, *, lapses: bool
) -> None:
    """Paid through 31 December in Kyiv."""
    newsroom = Newsroom.current()
    last_day = clock.day(rows.NEXT_AT) + timedelta(days=newsroom.grace_days)
    paused_at = clock.start_of(last_day + timedelta(days=days))
    donation = rows.monthly(paused_at=paused_at)
    paid = rows.payment(donation, invoice=rows.invoice(donation, status="paid"))
    facts = donations.facts_on(last_day + timedelta(days=40), donation, [paid], None, newsroom)
    assert facts
    assert facts.ended_at == (clock.start_of(last_day + timedelta(days=1)) if lapses else None)
    assert facts.paid_at == rows.PAID_AT
