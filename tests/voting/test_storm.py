"""Many browsers change fewer patrons' ballots over HTTP while the round closes: one each, the last that was committed.

What was committed in which order is kept by a trigger beside the ballots: a row of one patron's ballot is locked until
its transaction ends, so the numbers of one key follow its commits.
"""

import random
import threading
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection

from newsroom import clock
from tests.conftest import WorldDatabase
from tests.voting import crowd, world
from voting import invariants, rounds
from voting.methods.canonical import read_json
from voting.models import Ballot, OpenBallot, RollEntry, Round

JOURNAL = """
    CREATE TABLE journal (number bigserial PRIMARY KEY, key text, line text);
    CREATE FUNCTION journal_it() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO journal (key, line) VALUES (NEW.key, NEW.line); RETURN NULL; END $$;
    CREATE TRIGGER journal AFTER INSERT OR UPDATE ON voting_openballot FOR EACH ROW EXECUTE FUNCTION journal_it();
"""
TOPICS = ("rivers", "roads", "schools", "courts", "mines")


def journal() -> tuple[list[str], list[str]]:
    """Every committed line, and the last of each patron."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT key, line FROM journal ORDER BY number")
        rows = cursor.fetchall()
    return [line for _key, line in rows], list(dict(rows).values())


def code(line: str) -> str:
    return str(read_json(line, "a ballot")["code"])


def storm(
    world_db: WorldDatabase, folder: Path, *, clients: int, changes: int, patrons: int, **server: str
) -> tuple[Round, list[crowd.Browser]]:
    """The clients vote; when half of the answers are in, the round's time is over and the beat closes it, while what
    was asked meanwhile is still on its way.

    Whoever asks after that is refused, and the server's log says nothing of what was chosen.
    """
    voters = world.members(patrons)
    of = world.opened(*TOPICS)
    with connection.cursor() as cursor:
        cursor.execute(JOURNAL)
    chance = random.Random(clients)
    known = [crowd.cookies(voter) for voter in voters]
    browsers = [
        crowd.Browser(
            voters[number % patrons],
            known[number % patrons],
            [chance.sample(TOPICS, chance.randint(1, 3)) for _change in range(changes)],
        )
        for number in range(clients)
    ]
    answered, half, over = [0], threading.Event(), threading.Event()

    def told() -> None:
        answered[0] += 1
        if answered[0] == clients * changes // 2:
            half.set()
            over.wait(600)  # nobody asks anew before: however slow the beat is, half of them come too late

    def beat() -> None:
        half.wait(600)
        clock.move(of.closes_at - clock.now())
        over.set()
        while not rounds.close_due():
            pass
        connection.close()

    application = server.pop("application", "config.wsgi")
    with crowd.site(world_db, folder, application, **server) as site:
        beating = threading.Thread(target=beat)
        beating.start()
        try:
            crowd.vote(site.port, of.slug, browsers, told)
        finally:
            half.set()
            beating.join()
        late = [crowd.Browser(voter, cookie, [["rivers"]]) for voter, cookie in zip(voters, known, strict=True)]
        crowd.vote(site.port, of.slug, late)
        written = site.log.read_text()
    assert not [
        word
        for word in (*TOPICS, *(found for one in browsers for _status, found in one.answers if found))
        if word in written
    ]
    assert {status for browser in late for status, _code in browser.answers} == {409}
    rounds.count_due()
    of.refresh_from_db()
    return of, browsers


def wrong(of: Round, browsers: list[crowd.Browser]) -> list[str]:
    """What does not hold after a storm."""
    every, last = journal()
    sealed = list(Ballot.objects.filter(round=of).values_list("line", flat=True))
    accepted = [code for browser in browsers for status, code in browser.answers if status == 200]
    statuses = Counter(status for browser in browsers for status, _code in browser.answers)
    result = read_json(of.results.get().text, "the result")
    said = {
        "another answer than yes or closed": set(statuses) <= {200, 409},
        "an accepted ballot was not committed, or one not accepted was": sorted(accepted) == sorted(map(code, every)),
        "the last that was committed does not count": sorted(sealed) == sorted(last),
        "there is not one ballot for each who voted": len(sealed) == RollEntry.objects.filter(has_cast=True).count(),
        "the tally is not that of those who took part": result["numbers"]["voted"] == len(sealed),
        "a ballot was accepted after the close": not OpenBallot.objects.exists(),
        "nothing was refused, so the close was not in the middle": statuses[409] > 0,
    }
    broken = [sentence for sentence, holds in said.items() if not holds]
    return broken + [detail for check in invariants.INVARIANTS.values() if (detail := check())]


@pytest.mark.database
def test_ballots_change_while_the_round_closes(world_db: WorldDatabase, tmp_path: Path) -> None:
    of, browsers = storm(world_db, tmp_path, clients=20, changes=8, patrons=5)
    assert wrong(of, browsers) == []
    assert Ballot.objects.count() == 5


@pytest.mark.storm
def test_two_hundred_clients_change_the_ballots_of_fifty_patrons_fifty_times(
    world_db: WorldDatabase, tmp_path: Path
) -> None:
    of, browsers = storm(world_db, tmp_path, clients=200, changes=50, patrons=50)
    assert wrong(of, browsers) == []
    assert Ballot.objects.count() == 50


@pytest.mark.database
@pytest.mark.parametrize("holds", [pytest.param("1", marks=pytest.mark.storm), "0"])
def test_control_without_the_rounds_lock_a_committed_ballot_is_lost(
    world_db: WorldDatabase, tmp_path: Path, holds: str
) -> None:
    of, browsers = storm(
        world_db, tmp_path, clients=12, changes=3, patrons=12, application="tests.voting.unlocked", HOLDS=holds
    )
    broken = wrong(of, browsers)
    assert broken == [] if holds == "1" else "the last that was committed does not count" in broken
