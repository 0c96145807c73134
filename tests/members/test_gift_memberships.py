"""A gift membership is claimed once and delivered once, however many try at the same time."""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction
from django.db.models import QuerySet

from letters.models import Letter
from members import gift_emails, gifts
from members.models import GiftMembership, GiftState, Membership, Patron
from money.money import Money
from newsroom import clock
from tests.conftest import WorldDatabase

EIGHT = 8


def paid(number: int = 0) -> GiftMembership:
    """A gift membership whose payment has arrived."""
    buyer = Patron.objects.for_email("olena@example.org", language="en")
    gift = gifts.draft(
        gifts.Terms(6, Money(500, "EUR"), clock.today(), recipient_email=f"friend{number}@example.org", message="m")
    )
    with transaction.atomic():
        gifts.follow(gift, buyer=buyer, paid_at=clock.now(), returned_at=None, is_disputed=False)
    gift.refresh_from_db()
    return gift


def token(gift: GiftMembership) -> str:
    return gifts.link(gift).split("/")[-2]


def at_once(do: Callable[[int], object]) -> list[object]:
    """What came of eight threads that begin together: an answer or the refusal."""
    start, came = threading.Barrier(EIGHT), list[object]([None] * EIGHT)

    def run(number: int) -> None:
        try:
            start.wait(30)
            came[number] = do(number)
        except gifts.NotClaimable as refusal:
            came[number] = refusal
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(EIGHT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return came


@pytest.mark.database
@pytest.mark.parametrize("protected", [True, False], ids=["protected", "control"])
def test_eight_who_claim_at_once_become_one_member(
    world_db: WorldDatabase, monkeypatch: pytest.MonkeyPatch, protected: bool
) -> None:
    gift = paid()
    people = [Patron.objects.create(email=f"one{number}@example.org") for number in range(EIGHT)]
    if not protected:
        together, begins_on = threading.Barrier(EIGHT), gifts.begins_on

        def when_all_have_looked(patron: Patron | None) -> object:
            together.wait(30)
            return begins_on(patron)

        monkeypatch.setattr(gifts, "begins_on", when_all_have_looked)
        monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_options: rows)
    came = at_once(lambda number: gifts.claim(token(gift), people[number]))
    refused = [answer for answer in came if isinstance(answer, gifts.NotClaimable)]
    assert len(refused) == (EIGHT - 1 if protected else 0)
    assert Membership.objects.count() == (1 if protected else EIGHT)


@pytest.mark.database
def test_one_who_claims_eight_times_at_once_has_one_membership(world_db: WorldDatabase) -> None:
    gift, friend = paid(), Patron.objects.create(email="friend@example.org")
    came = at_once(lambda _number: gifts.claim(token(gift), friend))
    assert {answer.pk for answer in came if isinstance(answer, GiftMembership)} == {gift.pk}
    assert None not in came
    assert Membership.objects.count() == 1
    assert Letter.objects.filter(occasion="gift_begun").count() == 1


@pytest.mark.database
def test_eight_runs_at_once_deliver_each_once(world_db: WorldDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gifts, "PAGE", 3)
    for number in range(10):
        paid(number)
    clock.move(clock.start_of(clock.today() + timedelta(days=1)) + timedelta(hours=9) - clock.now())
    came = at_once(lambda _number: gifts.deliver_due())
    gifts.deliver_due()  # a run leaves to another what that one holds
    assert isinstance(came[0], int)
    letters = Letter.objects.filter(occasion="gift_received")
    assert letters.count() == len(set(letters.values_list("to", flat=True))) == 10
    assert {gift.state for gift in GiftMembership.objects.all()} == {GiftState.DELIVERED}


@pytest.mark.parametrize(
    "wrong",
    [
        {"months": 5},
        {"monthly_minor": 0},
        {"currency": "eur"},
        {"buyer": None},
        {"claimed_at": "now"},
        {"paid_at": None, "delivered_at": "now"},
        {"lapsed_at": "now"},
        {"claim_through": "today"},
    ],
    ids=str,
)
def test_the_database_refuses_what_must_not_be(db: None, wrong: dict[str, object]) -> None:
    words = {"now": clock.now(), "today": clock.today()}
    change = {name: words.get(str(value), value) for name, value in wrong.items()}
    gift = paid()
    with pytest.raises(IntegrityError), transaction.atomic():
        GiftMembership.objects.filter(pk=gift.pk).update(**change)


def test_what_a_giver_writes_is_text_in_the_letter(db: None) -> None:
    gift = paid()
    GiftMembership.objects.filter(pk=gift.pk).update(message="<b>one</b>\ntwo", giver_name="<i>Olena\r\nBcc: x")
    gift.refresh_from_db()
    (letter,) = gift_emails.gift_received([(gift, gifts.link(gift))])
    assert "<b>one</b>\ntwo" in letter.text
    assert "<b>" not in letter.html
    assert "&lt;b&gt;one&lt;/b&gt;" in letter.html
    assert letter.subject == "<i>Olena Bcc: x has something for you"


def test_the_link_is_in_no_row(db: None) -> None:
    gift = paid()
    held = [str(value) for value in GiftMembership.objects.values().get().values()]
    assert not any(token(gift) in value for value in held)
    assert gifts.find(token(gift)) == gift


def test_a_second_gift_membership_counts_from_the_end_of_the_first(db: None) -> None:
    friend = Patron.objects.create(email="friend@example.org")
    first, second = gifts.claim(token(paid(1)), friend), gifts.claim(token(paid(2)), friend)
    assert first.membership
    assert second.began_on == first.membership.paid_through == clock.months_later(clock.today(), 6)


def test_a_gift_membership_has_no_days_of_grace(db: None) -> None:
    gift = gifts.claim(token(paid()), Patron.objects.create(email="friend@example.org"))
    assert gift.membership
    last: date = gift.membership.paid_through
    rows: Any = Membership.objects.all()
    for day, standing in ((last, "active"), (last + timedelta(days=1), "ended")):
        assert gift.membership.standing(day, 14) == standing
        assert [row.standing_then for row in rows.with_standing(day, 14)] == [standing]
