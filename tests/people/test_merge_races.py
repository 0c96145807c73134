"""Merges beside each other and beside what arrives: nothing is lost, nobody is merged twice, and nothing hangs."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import Error, connection, connections, transaction

from members import memberships
from members.models import Membership, Patron
from money.money import Money
from newsroom import clock
from payments import donations, offline
from payments.models import Donation
from people import invariants, merge, merge_plan
from people.models import Merge
from tests.conftest import WorldDatabase
from tests.voting import world
from voting import ballots
from voting.models import OpenBallot, RollEntry, Round

pytestmark = pytest.mark.database


@pytest.fixture
def people(world_db: WorldDatabase) -> list[Patron]:
    """Three who gave, and one of the staff, last."""
    for number, name in enumerate("abc"):
        offline.record(
            email=f"{name}@example.org", amount=Money(500, "EUR"), received_on=clock.today(), reference=f"B-{number}"
        )
    Patron.objects.create(email="help@newsroom.example", role="support")
    return list(Patron.objects.order_by("pk"))


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each returns or raises, run in threads of their own."""

    def run(act: Callable[[], Any]) -> Any:
        try:
            return act()
        except Exception as error:  # noqa: BLE001  it is what the test looks at
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def wait_until_somebody_waits() -> None:
    """Until a connection of this database waits for a lock. On a busy machine it takes a while before somebody does."""
    deadline = time.monotonic() + 30
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(
                "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    raise AssertionError("nobody waits")


def test_of_merges_at_once_each_record_rests_in_one_that_stands(people: list[Patron]) -> None:
    one, two, three, staff = people
    together = Barrier(4)

    def put(kept: Patron, merged: Patron) -> Callable[[], Any]:
        def act() -> Any:
            together.wait()
            return merge.merge(kept, merged, reason="r", actor=staff)

        return act

    said = at_once(put(one, two), put(two, one), put(three, one), put(two, three))
    assert all(isinstance(answer, Merge | merge_plan.Refusal) for answer in said), said
    assert Merge.objects.exists()
    assert invariants.resting() == ""
    for pair in Merge.objects.all():
        assert Donation.objects.filter(patron=pair.kept).exists()
    assert Donation.objects.count() == 3


def arrival(email: str, met: Event, may_go_on: Event) -> Donation:
    """Money of somebody who is known by an address, as it arrives: met first, written a while later."""
    with transaction.atomic():
        donation = Donation.objects.create(interval="once", amount_minor=700, currency="EUR", email=email)
        donation = donations.lock(donation)
        donation.patron = Patron.objects.for_email(email, language="en")
        met.set()
        may_go_on.wait(30)
        donation.save()
        return donation


def test_what_arrives_while_two_are_merged_is_the_kept_records(people: list[Patron]) -> None:
    kept, other, _, staff = people
    met, may_go_on = Event(), Event()

    def put() -> Any:
        met.wait(30)
        return merge.merge(kept, other, reason="r", actor=staff)

    def watch() -> None:
        met.wait(30)
        wait_until_somebody_waits()
        may_go_on.set()

    donation, done, _ = at_once(lambda: arrival(other.email, met, may_go_on), put, watch)
    assert isinstance(done, Merge), done
    donation.refresh_from_db()
    assert donation.patron == kept
    assert donation.pk in done.moved["payments.Donation"]
    assert invariants.resting() == ""


def test_without_holding_whom_it_met_it_would_be_written_to_a_record_at_rest(
    people: list[Patron], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the merge overtakes, and only the database refuses what comes then."""
    kept, other, _, staff = people
    monkeypatch.setattr(type(Patron.objects), "standing", lambda _self, patron: patron)
    met, may_go_on = Event(), Event()

    def put() -> Any:
        met.wait(30)
        done = merge.merge(kept, other, reason="r", actor=staff)
        may_go_on.set()
        return done

    said, done = at_once(lambda: arrival(other.email, met, may_go_on), put)
    assert isinstance(done, Merge), done
    assert isinstance(said, Error), said
    assert "was merged" in str(said)


@pytest.mark.parametrize("is_first", ["webhook", "merge"])
def test_what_is_told_of_a_running_gift_meanwhile_is_told_of_the_kept_record(
    people: list[Patron], is_first: str
) -> None:
    kept, other, _, staff = people
    donation = Donation.objects.filter(patron=other).get()
    membership = memberships.start(other, world.facts())
    later = world.facts(paid_through=clock.months_later(clock.today(), 2))
    held, may_go_on = Event(), Event()

    def webhook() -> Any:
        if is_first == "merge":
            held.wait(30)
        with transaction.atomic():
            row = donations.lock(donation)
            if is_first == "webhook":
                held.set()
                may_go_on.wait(30)
            memberships.follow(membership, later)
            return row.patron_id

    def put() -> Any:
        if is_first == "webhook":
            held.wait(30)
        with transaction.atomic():
            done = merge.merge(kept, other, reason="r", actor=staff)
            if is_first == "merge":
                held.set()
                may_go_on.wait(30)
            return done

    def watch() -> None:
        held.wait(30)
        wait_until_somebody_waits()
        may_go_on.set()

    seen, done, _ = at_once(webhook, put, watch)
    assert isinstance(done, Merge), done
    assert seen == (other.pk if is_first == "webhook" else kept.pk)
    row = Membership.objects.get()
    assert (row.patron, row.paid_through) == (kept, later.paid_through)


@dataclass
class Meeting:
    """A ballot of one record while it is merged into another: what came of both acts."""

    of: Round
    kept: Patron
    said: Any
    done: Any


def ballot_beside_merge(is_first: str, rule: str) -> Meeting:
    """The first of the two commits once the other waits for it."""
    kept, other = (world.member(f"{name}@example.org") for name in "ab")
    staff = Patron.objects.create(email="help@newsroom.example", role="support")
    of = world.opened(eligibility=rule)
    held, may_go_on = Event(), Event()

    def first(act: Callable[[], Any]) -> Callable[[], Any]:
        """Does it, and commits when somebody waits for that."""

        def run() -> Any:
            with transaction.atomic():
                done = act()
                held.set()
                may_go_on.wait(30)
                return done

        return run

    def then(act: Callable[[], Any]) -> Callable[[], Any]:
        return lambda: held.wait(30) and act()

    def watch() -> None:
        held.wait(30)
        wait_until_somebody_waits()
        may_go_on.set()

    def cast() -> Any:
        return ballots.cast(of, Patron.objects.get(pk=other.pk), choices=["roads"])

    def put() -> Any:
        return merge.merge(kept, other, reason="r", actor=staff)

    order = [first(cast), then(put)] if is_first == "ballot" else [then(cast), first(put)]
    said, done, _ = at_once(*order, watch)
    return Meeting(of, kept, said, done)


@pytest.mark.parametrize("is_first", ["ballot", "merge"])
@pytest.mark.parametrize("rule", ["at_cast", "at_open"])
def test_a_ballot_that_is_cast_meanwhile_is_the_kept_records_or_none(
    world_db: WorldDatabase, is_first: str, rule: str
) -> None:
    met = ballot_beside_merge(is_first, rule)
    assert isinstance(met.done, Merge), met.done
    if is_first == "ballot":
        assert ballots.choices_of(met.of, met.kept) == ["roads"]
    else:
        assert isinstance(met.said, ballots.NotEligible), met.said
        assert not OpenBallot.objects.exists()
    assert ballots.cast(met.of, met.kept, choices=["rivers"]).is_change == (is_first == "ballot")
    assert OpenBallot.objects.count() == 1


def test_without_the_look_at_who_was_merged_one_person_has_two_ballots(
    world_db: WorldDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the place on the roll of the opening still lets the record that rests vote."""

    def marked(entry: RollEntry) -> bool:
        return bool(RollEntry.objects.filter(pk=entry.pk).update(has_cast=True))

    monkeypatch.setattr(ballots, "_marked", marked)
    met = ballot_beside_merge("merge", "at_open")
    assert isinstance(met.done, Merge), met.done
    assert isinstance(met.said, ballots.Receipt), met.said
    ballots.cast(met.of, met.kept, choices=["rivers"])
    assert OpenBallot.objects.count() == 2
