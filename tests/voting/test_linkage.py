"""After the close nothing that is left tells who cast which ballot, however the database, logs and Redis are joined."""

import base64
import json
import random
import re
import uuid
from functools import partial
from pathlib import Path

import pytest
import redis
from django.db import connection

from config.celery import app
from members.models import Patron
from members.models.session import SessionStore
from tests.conftest import RedisServer, WorldDatabase
from tests.voting import crowd, world
from tests.voting.attack import Attack, dump, elsewhere, interval, marks
from voting import ballots, closing
from voting.models import Ballot, Round

pytestmark = pytest.mark.database

VOTERS, OVER_HTTP = 1000, 300
TOPICS = {"rivers": 30, "roads": 25, "schools": 20, "courts": 15, "mines": 10}


def vote(of: Round, voters: list[Patron], seed: int, *, changing: bool) -> dict[int, str]:
    """Everybody signs in and votes, in an order of their own, some of them twice; answers what each chose."""
    chance = random.Random(seed)
    truth = {}
    arriving = list(voters)
    chance.shuffle(arriving)
    for voter in arriving:
        session = SessionStore()
        session["_auth_user_id"] = str(voter.pk)
        session.save()
        for _again in range(chance.choice([1, 1, 1, 2]) if changing else 1):
            truth[voter.pk] = chance.choices(list(TOPICS), list(TOPICS.values()))[0]
            ballots.cast(of, voter, choices=[truth[voter.pk]])
    return truth


def attacked(voters: int, seed: int, *, changing: bool = True) -> tuple[Attack, float, tuple[float, float]]:
    """A whole round, then the attack on what is left of it."""
    everybody = world.members(voters)
    of = world.opened(*TOPICS, most=1)
    truth = vote(of, everybody, seed, changing=changing)
    world.close(of)
    known = set(random.Random(seed).sample(sorted(truth), voters // 2))
    attack = Attack(dump(), truth, known)
    _way, accuracy = attack.accuracy()
    return attack, accuracy, interval(truth, sorted(set(truth) - known))


def test_nobody_guesses_better_than_that_everybody_chose_the_winner(world_db: WorldDatabase) -> None:
    attack, accuracy, (_least, most) = attacked(VOTERS, 1)
    assert attack.tried > 500
    assert Ballot.objects.count() == VOTERS
    assert elsewhere(attack.dump) == []
    assert accuracy <= most  # guessing worse is no knowledge, and does happen by chance


def test_control_ballots_that_are_sealed_as_they_lie_are_guessed(
    world_db: WorldDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "SEAL", closing.SEAL.replace('ORDER BY line COLLATE "C"', "ORDER BY ctid"))
    with connection.cursor() as cursor:  # room that earlier rows left would be filled first, and out of order
        cursor.execute("VACUUM FULL voting_openballot")
        cursor.execute("VACUUM FULL voting_ballot")
    attack, accuracy, (_least, most) = attacked(200, 2, changing=False)
    assert accuracy > most + 0.2
    # So they are by the order of a log alone, though it names only some.
    only = {"voting_ballot": attack.dump["voting_ballot"]}
    by_log = Attack(only, attack.truth, attack.known, {"a log": list(attack.truth)})
    by_half_a_log = Attack(only, attack.truth, attack.known, {"a log": list(attack.truth)[::2]})
    assert by_log.accuracy()[1] > most + 0.2
    assert by_half_a_log.accuracy()[1] > most


def said_in(column: str, line: dict[str, object]) -> str:
    return str(line.get(column))


def held_by(server: RedisServer) -> str:
    """Every key of Redis and what is in it, bodies of messages opened."""
    said = []
    with redis.Redis.from_url(server.url) as client:
        for key in client.keys("*"):
            kind = client.type(key)
            held = client.lrange(key, 0, -1) if kind == b"list" else client.smembers(key) if kind == b"set" else []
            assert held, f"a {kind!r} was not looked into"
            said += [key, *held]
    text = b"\n".join(said).decode()
    bodies = re.findall(r'"body": "([^"]+)"', text)
    assert len(bodies) > 5
    return "\n".join([text, *(base64.b64decode(body).decode() for body in bodies)])


def ring_everything(server: RedisServer) -> None:
    """Every bell that beat rings, and nobody there to hear it: Redis keeps them all."""
    with app.connection_for_write(server.url) as line:
        for entry in app.conf.beat_schedule.values():
            app.send_task(entry["task"], connection=line)


@pytest.mark.redis
def test_nobody_guesses_better_who_also_has_the_log_and_redis(
    world_db: WorldDatabase, redis_server: RedisServer, tmp_path: Path
) -> None:
    """Voters come over HTTP; the log is at its most talkative, and the attacker knows which request is whose."""
    voters = world.members(OVER_HTTP)
    of = world.opened(*TOPICS, most=1)
    chance = random.Random(3)
    truth = {voter.pk: chance.choices(list(TOPICS), list(TOPICS.values()))[0] for voter in voters}
    browsers = [
        crowd.Browser(voter, crowd.cookies(voter), [[truth[voter.pk]]], name=str(uuid.uuid4())) for voter in voters
    ]
    chance.shuffle(browsers)
    with crowd.site(world_db, tmp_path, "tests.voting.talkative", REDIS_URL=redis_server.url) as site:
        crowd.vote(site.port, of.slug, browsers)
        written = site.log.read_text()
    assert {status for one in browsers for status, _code in one.answers} == {200}
    world.close(of)
    ring_everything(redis_server)

    known_as = {one.name: one.voter.pk for one in browsers}
    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    begun = [line for line in lines if line.get("user_agent") in known_as]
    whose = {line["request_id"]: known_as[line["user_agent"]] for line in begun}
    named = [line for line in lines if line.get("request_id") in whose]
    seen = {}
    for event in sorted({line["event"] for line in named}):
        of_it = [line for line in named if line["event"] == event]
        seen[f"{event}, as written"] = list(dict.fromkeys(whose[line["request_id"]] for line in of_it))
        for column in sorted({name for line in of_it for name in line}):
            ordered = sorted(of_it, key=partial(said_in, column))
            seen[f"{event}, {column}"] = list(dict.fromkeys(whose[line["request_id"]] for line in ordered))
    assert {"request_finished, timestamp", "request_finished, request_id"} <= set(seen)
    assert all(len(order) == OVER_HTTP for order in seen.values())

    known = set(random.Random(3).sample(sorted(truth), OVER_HTTP // 2))
    attack = Attack(dump(), truth, known, seen)
    for text in (written, held_by(redis_server)):
        assert not [mark for mark in marks(attack.dump) | set(TOPICS) if re.search(rf"\b{mark}\b", text)]
        assert "choices" not in text
    _way, accuracy = attack.accuracy()
    assert accuracy <= interval(truth, sorted(set(truth) - known))[1]
