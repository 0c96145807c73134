"""While a round is open, whoever asks the live database joins a ballot with its voter for ten minutes and no longer."""

import random
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from celery.schedules import crontab
from django.core.management import call_command
from django.db import OperationalError, connection, transaction

from config.celery import app
from members.models import Patron
from people import merge
from people.models import Merge
from tests.conftest import WorldDatabase
from tests.people.test_merge_races import at_once, wait_until_somebody_waits
from tests.voting import world
from tests.voting.test_closing_faults import dies_at, holds
from tests.voting.test_publication import archive
from voting import ballots, mixing, publication, secrecy, tasks
from voting.methods.canonical import read_json
from voting.methods.recount import EQUAL, recount
from voting.models import Ballot, OpenBallot, Round

pytestmark = pytest.mark.database

VOTERS = 30
TOPICS = ("rivers", "courts", "mining")  # of one length, so that the next row never finds room before the last

BY_TRANSACTION = """
    SELECT ballot.key, line.patron_id
    FROM voting_openballot ballot JOIN voting_rollentry line
    ON line.round_id = ballot.round_id AND ballot.xmin::text IN (line.xmin::text, line.xmax::text)
"""
BALLOTS_BY_PLACE = "SELECT key FROM voting_openballot ORDER BY ctid"
VOTERS_BY = "SELECT patron_id FROM voting_rollentry WHERE has_cast ORDER BY {}"
ORDERS = ("ctid", "xmin::text::bigint", "xmax::text::bigint")


def asked(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def joined() -> dict[str, int]:
    """Whose ballots are, by key, to whoever looks for a transaction that wrote both."""
    return dict(asked(BY_TRANSACTION))


def laid_beside() -> list[dict[str, int]]:
    """Whose ballots would be, were rows in the order of casting: by each order of those who have voted."""
    keys = [key for (key,) in asked(BALLOTS_BY_PLACE)]
    orders = [[voter for (voter,) in asked(VOTERS_BY.format(order))] for order in ORDERS]
    return [dict(zip(keys, voters, strict=True)) for one in orders for voters in (one, one[::-1])]


def key_of(of: Round) -> bytes:
    key = secrecy.key_of(of)
    assert key
    return key


def truth(of: Round, voters: list[Patron]) -> dict[str, int]:
    return {secrecy.ballot_key(key_of(of), voter.pk): voter.pk for voter in voters}


def most_hits(found: list[dict[str, int]], true: dict[str, int]) -> int:
    return max(sum(guess.get(key) == voter for key, voter in true.items()) for guess in found)


def kept() -> list[tuple[Any, ...]]:
    """All that is to be read of open ballots, in the order of their keys."""
    rows = OpenBallot.objects.order_by("round_id", "key").values_list("id", "round_id", "key", "line", "sealed_moment")
    return [(*row[:4], bytes(row[4] or b"")) for row in rows]


def places() -> list[tuple[Any, ...]]:
    return asked("SELECT ctid::text, xmin::text, key FROM voting_openballot ORDER BY ctid")


def vote(of: Round, voters: list[Patron], seed: int) -> dict[int, list[str]]:
    """Everybody votes, in an order of their own; answers what each chose."""
    chance = random.Random(seed)
    arriving = list(voters)
    chance.shuffle(arriving)
    said = {}
    for voter in arriving:
        said[voter.pk] = [chance.choice(TOPICS)]
        ballots.cast(of, voter, choices=said[voter.pk])
    return said


def polled(voters: int = VOTERS) -> tuple[Round, list[Patron], dict[int, list[str]]]:
    """A round in which everybody has just voted, in tables without room that earlier rows have left."""
    for table in ("voting_openballot", "voting_rollentry"):
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM FULL {table}")
    everybody = world.members(voters)
    of = world.opened(*TOPICS)
    return of, everybody, vote(of, everybody, voters)


def test_before_ballots_are_mixed_transactions_and_places_tell_the_voters_and_then_no_more(
    world_db: WorldDatabase,
) -> None:
    """Of thirty, the chance that an order that is drawn puts sixteen right is less than one in 16!."""
    of, voters, _said = polled()
    true = truth(of, voters)
    assert joined() == true
    assert most_hits(laid_beside(), true) == VOTERS
    assert mixing.mix_due() == 1
    assert joined() == {}
    assert most_hits(laid_beside(), true) < VOTERS / 2


def test_so_they_do_of_ballots_that_were_changed(world_db: WorldDatabase) -> None:
    """The line on the roll is not written then, but held by the transaction that writes the ballot."""
    of, voters, _said = polled()
    assert mixing.mix_due() == 1
    vote(of, voters, seed=2)
    assert joined() == truth(of, voters)
    assert mixing.mix_due() == 1
    assert joined() == {}


def test_who_votes_after_the_mixing_is_told_until_the_next_and_the_others_are_not(world_db: WorldDatabase) -> None:
    of, _voters, _said = polled()
    mixing.mix_due()
    late = world.member("late@example.org")
    ballots.cast(of, late, choices=["rivers"])
    assert joined() == truth(of, [late])
    assert mixing.mix_due() == 1
    assert joined() == {}
    assert OpenBallot.objects.count() == VOTERS + 1


def test_mixing_changes_nothing_of_what_can_be_read(world_db: WorldDatabase) -> None:
    of, voters, said = polled()
    before, at = kept(), places()
    assert mixing.mix_due() == 1
    assert kept() == before
    assert places() != at
    assert {voter.pk: ballots.choices_of(of, voter) for voter in voters} == said
    assert ballots.cast(of, voters[0], choices=["mining"]).is_change
    assert ballots.choices_of(of, voters[0]) == ["mining"]
    holds()


def test_a_round_that_was_mixed_all_the_time_is_counted_as_it_was_cast(world_db: WorldDatabase) -> None:
    of, voters, said = polled()
    for voter in voters[::5]:
        assert mixing.mix_due() == 1
        said[voter.pk] = ["mining"]
        ballots.cast(of, voter, choices=said[voter.pk])
    world.close(of)
    holds()
    published = publication.newest(of)
    assert published
    assert published.facts["numbers"] == {"roll": VOTERS, "voted": VOTERS, "counted": VOTERS, "blank": 0, "voided": {}}
    lines = [read_json(ballot.line, "a ballot")["choices"] for ballot in Ballot.objects.all()]
    assert sorted(lines) == sorted(said.values())
    assert recount(archive(published)).code == EQUAL


def test_where_nothing_was_cast_since_or_there_is_but_one_ballot_nothing_is_written(world_db: WorldDatabase) -> None:
    """Of one ballot the roll says whose it is."""
    world.draft("mines", slug="draft")
    assert mixing.mix_due() == 0
    of, voters, _said = polled(1)
    voters += [world.member("second@example.org")]
    alone = places()
    assert mixing.mix_due() == 0
    assert places() == alone
    ballots.cast(of, voters[1], choices=["rivers"])
    assert mixing.mix_due() == 1
    mixed = places()
    assert mixing.mix_due() == 0
    assert places() == mixed
    world.close(of)
    sealed = list(Ballot.objects.values_list("pk", "line"))
    assert mixing.mix_due() == 0
    assert (places(), list(Ballot.objects.values_list("pk", "line"))) == ([], sealed)


def test_each_round_is_mixed_by_itself(world_db: WorldDatabase) -> None:
    of, voters, _said = polled()
    other = world.opened("mines", "farms", slug="other")
    mixing.mix_due()
    lying = set(places())
    for voter in voters:
        ballots.cast(other, voter, choices=["mines"])
    assert mixing.mix_due() == 1
    assert lying < set(places())
    assert joined() == {}
    assert of.open_ballots.count() == other.open_ballots.count() == VOTERS


def test_beat_and_drain_do_it(world_db: WorldDatabase) -> None:
    polled()
    entry = {"task": tasks.mix_ballots.name, "schedule": crontab(minute="*/10")}
    assert entry in app.conf.beat_schedule.values()
    tasks.mix_ballots()
    assert joined() == {}
    ballots.cast(Round.objects.get(), world.member("late@example.org"), choices=["rivers"])
    assert len(joined()) == 1
    call_command("drain")
    assert joined() == {}


def test_killed_at_any_statement_no_ballot_is_lost_or_doubled(world_db: WorldDatabase) -> None:
    polled()
    before, statement = kept(), 0
    while dies_at(statement, mixing.mix_due):
        assert kept() == before
        statement += 1
    assert kept() == before
    assert statement >= 4
    assert joined() == {}


def test_what_lay_there_before_is_swept_and_the_table_stays_as_large_as_it_was(world_db: WorldDatabase) -> None:
    """Unswept, twenty times would be twenty times the room."""
    of, voters, _said = polled()
    [(size,)] = asked("SELECT pg_relation_size('voting_openballot')")
    for voter in voters[:20]:
        ballots.cast(of, voter, choices=["mining"])
        assert mixing.mix_due() == 1
    [(after,)] = asked("SELECT pg_relation_size('voting_openballot')")
    assert after <= 8 * size


# -- beside others


def beside(first: Callable[[], Any], second: Callable[[], Any]) -> list[Any]:
    """What both answer: the second begins when the first is done, and the first is committed when the second waits."""
    is_done, may_end = Event(), Event()

    def begin() -> Any:
        with transaction.atomic():
            answer = first()
            is_done.set()
            assert may_end.wait(30)
        return answer

    def follow() -> Any:
        assert is_done.wait(30)
        return second()

    def watch() -> None:
        assert is_done.wait(30)
        wait_until_somebody_waits()
        may_end.set()

    *said, watched = at_once(begin, follow, watch)
    assert watched is None, watched
    return said


# As if a ballot were read, and written anew as it was read.
AS_READ = """
    WITH seen AS MATERIALIZED (SELECT * FROM voting_openballot WHERE round_id = %s),
    taken AS (DELETE FROM voting_openballot USING seen WHERE voting_openballot.key = seen.key RETURNING seen.key)
    INSERT INTO voting_openballot (id, round_id, key, line, sealed_moment)
    SELECT id, round_id, key, line, sealed_moment FROM seen WHERE key IN (SELECT key FROM taken) ORDER BY id
"""


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_ballot_that_is_being_changed_is_mixed_as_changed(
    world_db: WorldDatabase, monkeypatch: pytest.MonkeyPatch, *, is_kept: bool
) -> None:
    """The control: what was read before it was changed would be put back."""
    of, voters, said = polled(3)
    if not is_kept:
        monkeypatch.setattr(mixing, "MIX", AS_READ)
    said[voters[0].pk] = ["rivers"]
    ballots.cast(of, voters[0], choices=["rivers"])
    receipt, mixed = beside(lambda: ballots.cast(of, voters[0], choices=["mining"]), mixing.mix_due)
    assert receipt.is_change, receipt
    assert mixed == 1
    assert ballots.choices_of(of, voters[0]) == (["mining"] if is_kept else ["rivers"])
    assert {voter.pk: ballots.choices_of(of, voter) for voter in voters[1:]} == {
        voter.pk: said[voter.pk] for voter in voters[1:]
    }
    assert OpenBallot.objects.count() == 3
    assert joined() == {}


# As if a change did not look for the ballot again.
ONLY_CHANGE = """
    WITH said (id, round_id, key, line, sealed) AS (VALUES (%s::uuid, %s::bigint, %s::text, %s::text, %s::bytea))
    UPDATE voting_openballot SET line = said.line, sealed_moment = sealed
    FROM said WHERE voting_openballot.round_id = said.round_id AND voting_openballot.key = said.key
"""


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_ballot_that_is_changed_while_it_is_mixed_stays_changed(
    world_db: WorldDatabase, monkeypatch: pytest.MonkeyPatch, *, is_kept: bool
) -> None:
    """The control: a plain update finds the row gone, changes nothing and says nothing of it."""
    of, voters, _said = polled(3)
    ballots.cast(of, voters[0], choices=["rivers"])
    if not is_kept:
        monkeypatch.setattr(ballots, "PUT", ONLY_CHANGE)
    mixed, receipt = beside(mixing.mix_due, lambda: ballots.cast(of, voters[0], choices=["mining"]))
    assert mixed == 1
    assert receipt.is_change, receipt
    assert ballots.choices_of(of, voters[0]) == (["mining"] if is_kept else ["rivers"])
    assert OpenBallot.objects.count() == 3
    holds()


def test_a_first_ballot_does_not_wait_for_the_mixing(world_db: WorldDatabase) -> None:
    of, _voters, _said = polled(3)
    late = world.member("late@example.org")
    with transaction.atomic():
        assert mixing.mix_due() == 1
        [receipt] = at_once(lambda: ballots.cast(of, late, choices=["mining"]))
        assert not receipt.is_change, receipt
    assert joined() == truth(of, [late])
    holds()


@pytest.mark.parametrize("holds_round", [True, False])
def test_two_records_are_merged_after_the_mixing_and_the_ballot_goes_over(
    world_db: WorldDatabase, monkeypatch: pytest.MonkeyPatch, *, holds_round: bool
) -> None:
    """The control: were the round not held, the two would meet crosswise, and the database would end one of them."""
    of, voters, said = polled(3)
    kept_one, staff = world.member("kept@example.org"), Patron.objects.create(email="help@example.org", role="support")
    if not holds_round:
        monkeypatch.setattr(mixing, "HOLD", mixing.HOLD.replace("FOR SHARE SKIP LOCKED", ""))
    mixed, done = beside(mixing.mix_due, lambda: merge.merge(kept_one, voters[0], reason="one person", actor=staff))
    if holds_round:
        assert mixed == 1
        assert isinstance(done, Merge), done
        assert ballots.choices_of(of, kept_one) == said[voters[0].pk]
    else:
        assert [isinstance(one, OperationalError) for one in (mixed, done)].count(True) == 1
    assert OpenBallot.objects.count() == 3


@pytest.mark.parametrize("skips", [True, False])
def test_a_round_that_somebody_has_alone_is_left_for_the_next_time(
    world_db: WorldDatabase, monkeypatch: pytest.MonkeyPatch, *, skips: bool
) -> None:
    """As a close has it, or a merge. The control: the mixing would wait."""
    of, _voters, _said = polled(3)
    alone = Round.objects.select_for_update().filter(pk=of.pk)
    if skips:
        before = places()
        with transaction.atomic():
            assert alone.get() == of
            assert at_once(mixing.mix_due) == [0]
        assert places() == before
        assert mixing.mix_due() == 1
    else:
        monkeypatch.setattr(mixing, "HOLD", mixing.HOLD.replace("SKIP LOCKED", ""))
        assert beside(alone.get, mixing.mix_due) == [of, 1]


@pytest.mark.parametrize("are_apart", [True, False])
def test_of_two_at_once_one_mixes_and_the_other_does_not_wait(
    world_db: WorldDatabase, monkeypatch: pytest.MonkeyPatch, *, are_apart: bool
) -> None:
    """The control: the second would wait for the rows of the first."""
    polled(3)
    before = kept()
    if are_apart:
        with transaction.atomic():
            assert mixing.mix_due() == 1
            assert at_once(mixing.mix_due) == [0]
    else:
        held = "pg_try_advisory_xact_lock(hashtextextended('voting.mixing', id))"
        monkeypatch.setattr(mixing, "HOLD", mixing.HOLD.replace(held, "true"))
        assert beside(mixing.mix_due, mixing.mix_due) == [1, 1]
    assert kept() == before
