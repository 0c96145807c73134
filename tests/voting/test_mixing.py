"""While a round is open, whoever asks the live database joins a ballot with its voter for ten minutes and no longer."""

import random
from typing import Any

import pytest
from celery.schedules import crontab
from django.core.management import call_command
from django.db import connection

from config.celery import app
from members.models import Patron
from tests.conftest import WorldDatabase
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
