"""What nobody needs any more goes by itself, at its time and not before; the book stays."""

import json
from datetime import datetime, timedelta

import pytest

from letters import stops
from letters.models import Letter, StoppedAddress, StopReason
from members.models import Patron
from money.money import Money
from newsroom import bookkeeping, clock
from newsroom.models import Newsroom
from payments import offline
from payments.models import Donation, LedgerEntry, Receipt, StripeEvent
from people import retention
from people.models import Erasure

ADDRESS = "olena@example.org"
BODY = {"id": "evt_1", "type": "charge.updated", "data": {"object": {"amount": 500, "receipt_email": ADDRESS}}}


def days_ago(days: int) -> datetime:
    return clock.now() - timedelta(days=days)


@pytest.fixture
def giver(db: None) -> Patron:
    """Gave once, today, and has a letter about it."""
    payment = offline.record(
        email=ADDRESS, name="Olena", amount=Money(500, "EUR"), received_on=clock.today(), reference="T-1"
    )
    Letter.objects.update(state="sent", sent_at=clock.now())
    assert payment.donation.patron
    return payment.donation.patron


def event(received: datetime) -> StripeEvent:
    stored = StripeEvent.objects.create(
        event_id=f"evt_{received:%Y%m%d}", type="charge.updated", livemode=False, aggregate="ch_1",
        body=json.dumps(BODY).encode(), created_at=received, state="applied", applied_at=received,
    )  # fmt: skip
    StripeEvent.objects.filter(pk=stored.pk).update(received_at=received)
    return stored


@pytest.mark.usefixtures("giver")
def test_nothing_goes_before_its_time() -> None:
    young = event(days_ago(5))
    done = retention.run()
    assert set(done.values()) == {0}
    young.refresh_from_db()
    assert ADDRESS.encode() in bytes(young.body)
    assert Letter.objects.get().to == ADDRESS


def test_events_and_letters_lose_who_they_are_about_after_the_newsrooms_months(giver: Patron) -> None:
    Newsroom.objects.update(retention_months=3)
    old, young = event(days_ago(150)), event(days_ago(30))
    Letter.objects.update(created_at=days_ago(150))
    done = retention.run()
    assert (done["events"], done["letters"]) == (1, 1)
    old.refresh_from_db()
    young.refresh_from_db()
    assert ADDRESS.encode() not in bytes(old.body)
    assert json.loads(bytes(old.body))["data"]["object"]["amount"] == 500
    assert ADDRESS.encode() in bytes(young.body)
    letter = Letter.objects.get()
    assert (letter.text, letter.html, letter.occasion) == ("", "", "receipt")
    assert ADDRESS not in letter.to
    again = retention.run()
    assert (again["events"], again["letters"]) == (0, 0)
    giver.refresh_from_db()
    assert giver.email == ADDRESS


def test_refusal_of_an_address_that_is_nobodys_is_forgotten_with_the_letters(giver: Patron) -> None:
    for address in (giver.email, "former@example.org"):
        stops.stop(address, StopReason.REFUSED, "550")
    StoppedAddress.objects.update(created_at=days_ago(800))
    assert retention.run()["stopped_addresses"] == 1
    assert StoppedAddress.objects.get().address == giver.email


def test_who_began_to_give_and_never_did_is_forgotten_after_a_month(db: None) -> None:
    for days, name in ((40, "old"), (20, "young")):
        Donation.objects.create(
            interval="once", amount_minor=500, currency="EUR", email=f"{name}@example.org", name="N",
            state="abandoned", created_at=days_ago(days),
        )  # fmt: skip
    behind = event(days_ago(2))
    StripeEvent.objects.filter(pk=behind.pk).update(state="pending", applied_at=None)
    assert retention.run()["unfinished"] == 0, "it may be the payment"
    StripeEvent.objects.filter(pk=behind.pk).update(state="applied", applied_at=clock.now())
    assert retention.run()["unfinished"] == 1
    assert sorted(Donation.objects.values_list("email", flat=True)) == ["", "young@example.org"]


def test_when_bookkeeping_law_asks_no_more_the_giver_is_erased_and_the_book_stays(giver: Patron) -> None:
    lines = LedgerEntry.objects.count()
    clock.move(timedelta(days=366 * (bookkeeping.years() - 1)))
    assert retention.run()["people"] == 0
    clock.move(timedelta(days=366 * 2))
    assert retention.run()["people"] == 1
    assert Erasure.objects.get().patron_id == giver.pk
    assert retention.run()["people"] == 0  # asked for once
    assert LedgerEntry.objects.count() == lines
    assert Receipt.objects.count() == 1


def test_one_who_still_gives_or_signs_in_is_not_forgotten(giver: Patron) -> None:
    clock.move(timedelta(days=366 * (bookkeeping.years() + 2)))
    Patron.objects.update(last_login=days_ago(30))
    assert retention.run()["people"] == 0
    assert giver.pk
