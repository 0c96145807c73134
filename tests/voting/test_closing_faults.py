"""A worker is killed while it closes, two beats come at once, a count fails: one close, and no ballot lost."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from config import books
from members import memberships
from members.models import Membership, Patron
from newsroom import clock
from tests.conftest import WorldDatabase
from tests.voting import world
from voting import ballots, closing, invariants, opening, rounds
from voting.methods import counting
from voting.methods.canonical import read_json
from voting.models import Ballot, OpenBallot, Result, RollEntry, Round, RoundLog, Topic

pytestmark = pytest.mark.database

OTHER_SECRET = "another-secret-of-forty-characters-012345"


class Killed(BaseException):
    """What nobody catches, as a worker that is killed runs nothing any more."""


@contextmanager
def killed_at(statement: int) -> Iterator[list[int]]:
    """The connection breaks as this statement (of all, from nought) is about to be sent. Tells how many were sent."""
    sent = [0]

    def run(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sent[0] == statement:
            connection.connection.close()
            raise Killed
        sent[0] += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(run):
        yield sent


def dies_at(statement: int, work: Callable[[], object]) -> bool:
    """Whether the work was killed at that statement before it ended."""
    try:
        with killed_at(statement):
            work()
    except Killed:
        return True
    finally:
        connection.close()
    return False


def holds() -> None:
    """Every invariant of this room."""
    assert {name: check() for name, check in invariants.INVARIANTS.items()} == dict.fromkeys(invariants.INVARIANTS, "")


def a_round_to_close(voters: int = 6) -> Round:
    everybody = world.members(voters)
    opened = world.opened()
    for number, voter in enumerate(everybody):
        ballots.cast(opened, voter, choices=[["rivers"], ["roads", "rivers"], []][number % 3])
    give_back(everybody[0])
    clock.move(opened.closes_at - clock.now())
    return opened


def give_back(patron: Patron) -> None:
    memberships.follow(Membership.objects.get(patron=patron), world.facts(forfeited_at=clock.now()))


def test_killed_at_any_statement_the_close_has_happened_or_has_not(world_db: WorldDatabase) -> None:
    of = a_round_to_close()
    before = sorted(OpenBallot.objects.values_list("line", flat=True))
    statement = 0
    while dies_at(statement, lambda: closing.close(of)):
        if not Ballot.objects.exists():
            assert sorted(OpenBallot.objects.values_list("line", flat=True)) == before
            assert Round.objects.get().nonce
            assert not RollEntry.objects.exclude(void_reason="").exists()
        holds()
        statement += 1
    assert statement > 12
    assert Ballot.objects.count() == len(before) - 1
    assert RoundLog.objects.filter(kind="closed").count() == 1
    statement = 0
    while dies_at(statement, lambda: closing.count(of)):
        assert bool(Result.objects.exists()) == bool(Round.objects.get().counted_at)
        holds()
        statement += 1
    assert statement > 12
    assert read_json(Result.objects.get().text, "the result")["numbers"] == {
        "roll": 6, "voted": 6, "counted": 3, "blank": 2, "voided": {"refunded": 1},
    }  # fmt: skip
    said = {check["id"]: check["ok"] for check in books.prove()["checks"]}
    assert {name: said[name] for name in invariants.INVARIANTS} == dict.fromkeys(invariants.INVARIANTS, True)


def test_killed_at_any_statement_the_opening_has_happened_or_has_not(world_db: WorldDatabase) -> None:
    world.members(3)
    draft = world.draft()
    rounds.schedule(draft, actor=None)
    statement = 0
    while dies_at(statement, lambda: opening.begin(draft)):
        is_open = bool(Round.objects.get().opened_at)
        assert RollEntry.objects.count() == (3 if is_open else 0)
        assert Topic.objects.filter(state="on_ballot").count() == (3 if is_open else 0)
        holds()
        statement += 1
    assert statement > 12
    assert RoundLog.objects.filter(kind="opened").count() == 1


def at_once(work: Callable[[], object], times: int = 4) -> list[object]:
    """The work in so many threads that start together."""
    start = threading.Barrier(times)

    def one(_number: int) -> object:
        try:
            start.wait(30)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def test_beats_at_once_open_close_and_count_once(world_db: WorldDatabase) -> None:
    voters = world.members(5)
    of = world.draft()
    rounds.schedule(of, actor=None)
    assert sorted(map(str, at_once(rounds.open_due))) == ["0", "0", "0", "1"]
    of.refresh_from_db()
    for voter in voters:
        ballots.cast(of, voter, choices=["rivers"])
    clock.move(of.closes_at - clock.now())
    assert sorted(map(str, at_once(rounds.close_due))) == ["0", "0", "0", "1"]
    at_once(rounds.count_due)
    kinds = list(RoundLog.objects.values_list("kind", flat=True))
    assert [kinds.count(kind) for kind in ("opened", "closed", "counted")] == [1, 1, 1]
    assert (Result.objects.count(), Ballot.objects.count()) == (1, 5)
    holds()


def test_drain_does_the_same_without_celery(world_db: WorldDatabase) -> None:
    of = a_round_to_close()
    call_command("drain")
    of.refresh_from_db()
    assert of.counted_at


def test_a_count_that_fails_is_shown_and_holds_up_no_other(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, sound = world.opened("a", slug="broken"), world.opened("b", slug="sound")
    clock.move(sound.closes_at - clock.now())
    assert rounds.close_due() == 2
    count = counting.count

    def stumble(rules: Any, seal: Any, cast: Any) -> Any:
        if rules.round == "broken":
            raise RuntimeError("rivers")
        return count(rules, seal, cast)

    monkeypatch.setattr(counting, "count", stumble)
    assert rounds.count_due() == 1
    broken.refresh_from_db()
    assert (broken.failure, broken.counted_at) == ("RuntimeError", None)
    assert Round.objects.get(slug="sound").counted_at
    clock.move(2 * invariants.LATE)
    assert "nothing has happened" in invariants.on_time()
    monkeypatch.undo()
    assert rounds.count_due() == 1
    broken.refresh_from_db()
    assert (broken.failure, bool(broken.counted_at)) == ("", True)
    holds()


def test_a_lost_secret_keeps_a_round_open_only_if_a_ballot_must_be_found_and_not_for_ever(db: None) -> None:
    of = a_round_to_close()
    with override_settings(BALLOT_SECRET=OTHER_SECRET):
        assert rounds.close_due() == 0
        of.refresh_from_db()
        assert (of.failure, of.closed_at, OpenBallot.objects.count()) == ("KeyLost", None, 6)
        clock.move(closing.PATIENCE)
        assert rounds.close_due() == 1
    assert of.log.get(kind="not_voided").facts == {"reason": "refunded", "ballots": 1}
    assert Ballot.objects.count() == 6
    holds()


def test_a_ballot_is_voided_by_a_statement_that_does_not_say_its_key(db: None) -> None:
    of = a_round_to_close()
    with connection.cursor() as cursor:
        cursor.execute(HEARD)
    assert closing.close(of)
    with connection.cursor() as cursor:
        cursor.execute("SELECT said FROM heard")
        said = [line for (line,) in cursor.fetchall()]
    assert "DELETE FROM voting_openballot WHERE round_id = $1 AND key = ANY($2)" in said
    assert len(said) == 6


# What PostgreSQL would write into its log, were the statement to fail.
HEARD = """
    CREATE TABLE heard (said text);
    CREATE FUNCTION hear() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO heard VALUES (current_query()); RETURN NULL; END $$;
    CREATE TRIGGER hear AFTER DELETE ON voting_openballot FOR EACH ROW EXECUTE FUNCTION hear();
"""


def test_a_lost_secret_does_not_matter_to_a_close_that_voids_nothing(db: None) -> None:
    voter = world.member()
    of = world.opened()
    ballots.cast(of, voter, choices=["rivers"])
    clock.move(of.closes_at - clock.now())
    with override_settings(BALLOT_SECRET=OTHER_SECRET):
        assert rounds.close_due() == 1


INVARIANTS_BROKEN = {
    "voting.log": "UPDATE voting_roundlog SET facts = '{}' WHERE kind = 'scheduled'",
    "voting.frozen": "UPDATE voting_round SET configuration = configuration || ' '",
    "voting.ballots": "DELETE FROM voting_ballot WHERE id = (SELECT id FROM voting_ballot LIMIT 1)",
    "voting.results": "UPDATE voting_result SET text = text || ' '",
    "voting.secrecy": """INSERT INTO voting_openballot (id, round_id, key, line)
        SELECT gen_random_uuid(), id, 'k', 'l' FROM voting_round""",
    "voting.on_time": "UPDATE voting_round SET counted_at = NULL, closed_at = closed_at - interval '2 hours'",
    "voting.guarded": "ALTER TABLE voting_ballot DISABLE TRIGGER only_grows",
}


@pytest.mark.parametrize("name", invariants.INVARIANTS)
def test_each_invariant_notices_what_it_is_for(db: None, name: str) -> None:
    a_round_to_close()
    rounds.close_due()
    rounds.count_due()
    holds()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(INVARIANTS_BROKEN[name])
    assert [found for found, check in invariants.INVARIANTS.items() if check()] == [name]


def test_one_ballot_more_than_voters_is_noticed_while_the_round_is_open(db: None) -> None:
    voter = world.member()
    of = world.opened()
    ballots.cast(of, voter, choices=["rivers"])
    holds()
    OpenBallot.objects.create(round=of, key="another", line="{}")
    assert "one ballot" in invariants.secrecy()


def test_a_payment_taken_back_later_than_the_close_though_the_beat_was_late(db: None) -> None:
    voter = world.member()
    of = world.opened()
    ballots.cast(of, voter, choices=["rivers"])
    clock.move(of.closes_at - clock.now() + timedelta(hours=3))
    give_back(voter)
    rounds.close_due()
    assert Ballot.objects.count() == 1
