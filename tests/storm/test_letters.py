"""Receipts leave by senders that die, through a server that fails in every way. None is lost, none is misnumbered."""

import json
import os
import random
import re
import sys
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.db import connection

from bench import servers
from config.celery import app
from letters import sending
from letters.models import Letter, LetterState, StoppedAddress
from money.money import Money
from newsroom import clock
from payments import offline
from payments.models import Receipt
from tests.conftest import RedisServer, WorldDatabase
from tests.storm import post_office, weather
from tests.storm.post_office import PostOffice

pytestmark = [pytest.mark.storm, pytest.mark.redis, pytest.mark.database]

SEED = int(os.environ.get("HROMADA_STORM_SEED", "20261123"))
KILLS, KILLS_OF_ALL = 46, 4


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[dict[str, object]], None]:
    """Says how it went, in one line that is shown whether the test passes or not."""

    def say(facts: dict[str, object]) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{json.dumps(facts)}\n")

    return say


class Storm:
    """A worker with two senders, the mail server that it sends to, and receipts to send."""

    def __init__(
        self, world: WorldDatabase, redis: RedisServer, folder: Path, plan: list[post_office.Trouble], way: str
    ):
        port, dice = servers.free_port(), random.Random(SEED)
        env = world.environment(REDIS_URL=redis.url, EMAIL_URL=f"smtp://127.0.0.1:{port}", STORM_SENDING=way)
        self.redis, self.worker = redis, weather.worker("tests.storm.senders:app", env, folder)
        self.worker.command[self.worker.command.index("WARNING")] = "INFO"
        dice.shuffle(plan)
        self.post = PostOffice(port, dice, deque(plan), self.worker)
        self.written = 0

    def write(self, letters: int) -> None:
        """Gifts arrive, four at a time, each with its receipt and the receipt's letter."""

        def give(number: int) -> None:
            try:
                address, today = f"reader{number}@example.org", clock.today()
                offline.record(email=address, amount=Money(500, "EUR"), received_on=today, reference=f"bank {number}")
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as hands:
            list(hands.map(give, range(self.written, self.written + letters)))
        self.written += letters

    def send(self, *, is_open: bool = True) -> None:
        """Rings twice, waits until both senders have ended, or were ended, and lets half a day pass.

        Time passes only while nobody sends: a claim grows old with its sender dead.
        """
        with self.post.open() if is_open else nullcontext():
            over, killed = self._ended(), len(self.post.killed)
            with app.connection_for_write(self.redis.url) as line:
                for _ring in range(2):
                    app.send_task("letters.send_due", connection=line)
            weather.wait_until(
                lambda: not self.worker.process or self._ended() - over + len(self.post.killed) - killed >= 2,
                "the senders never ended", 60,
            )  # fmt: skip
        if not self.worker.process:
            self.redis.flush()
            self.worker.start()
        clock.move(timedelta(hours=12))

    def _ended(self) -> int:
        lines = self.worker.log.read_text().splitlines() if self.worker.log.exists() else []
        return sum("Task letters.send_due[" in line and " succeeded " in line for line in lines)

    @property
    def delivered(self) -> Counter[str]:
        return Counter(str(message["Message-ID"]) for message in self.post.taken)

    @property
    def lost(self) -> int:
        """Letters that count as sent, and never came."""
        sent = Letter.objects.filter(state=LetterState.SENT).values_list("message_id", flat=True)
        return len(set(sent) - set(self.delivered))

    @property
    def extra(self) -> int:
        return self.delivered.total() - len(self.delivered)


def numbers(message: EmailMessage) -> set[str]:
    """The receipt's number as the letter says it, and as its file does."""
    text = message.get_body(("plain",))
    assert text
    (file,) = message.iter_attachments()
    return {*re.findall(r"\d{4}-\d{6}", text.get_content()), str(file.get_filename())[8:-4]}


def test_no_letter_is_lost_and_no_receipt_doubled(
    world_db: WorldDatabase, redis_server: RedisServer, tmp_path: Path, tell: Callable[[dict[str, object]], None]
) -> None:
    kills = [(post_office.KILLABLE[number % len(post_office.KILLABLE)], "kill") for number in range(KILLS)]
    plan = [*post_office.TROUBLES, *kills, *[("taken", "kill_all")] * KILLS_OF_ALL]
    storm, begun, rounds = Storm(world_db, redis_server, tmp_path, plan, ""), time.monotonic(), 0
    post = storm.post
    with weather.running(storm.worker):
        while post.plan and rounds < 200:
            rounds += 1
            storm.write(10)
            storm.send(is_open=rounds % 10 != 0)
        for _calm in range(5):
            storm.send()
    tell({
        "test": "storm of letters", "seed": SEED, "letters": storm.written, "deliveries": storm.delivered.total(),
        "faults": dict(post.made), "killed": len(post.killed), "lost": storm.lost, "extra": storm.extra,
        "refused for good": len(post.refused_for_good), "rounds": rounds, "seconds": round(time.monotonic() - begun),
    })  # fmt: skip
    assert not post.plan
    assert len(set(post.killed)) >= KILLS + KILLS_OF_ALL

    # What the server refused for good stands refused, and nothing else does. Support lets it go again.
    failed = Letter.objects.failed()
    assert set(failed.values_list("to", flat=True)) == post.refused_for_good
    assert Letter.objects.exclude(state=LetterState.SENT).count() == failed.count()
    StoppedAddress.objects.all().delete()
    sending.requeue(list(failed.values_list("pk", flat=True)))
    with weather.running(storm.worker):
        storm.send()

    assert set(Letter.objects.values_list("state", flat=True)) == {LetterState.SENT}
    assert set(storm.delivered) == set(Letter.objects.values_list("message_id", flat=True))
    assert {name: times - 1 for name, times in storm.delivered.items() if times - 1 > post.unheard[name]} == {}
    assert storm.extra <= post.unheard.total() <= len(post.killed) + post.made["drop"] + post.made["late"]

    issued = [str(receipt) for receipt in Receipt.objects.order_by("year", "number")]
    assert len(issued) == len(set(issued)) == storm.written
    told = {str(message["Message-ID"]): numbers(message) for message in post.taken}
    assert all(len(said) == 1 for said in told.values())
    assert sorted(number for said in told.values() for number in said) == issued


@pytest.mark.parametrize("way", ["marked first", "marked last"])
def test_control_careless_senders_lose_letters_or_double_them(
    world_db: WorldDatabase,
    redis_server: RedisServer,
    tmp_path: Path,
    tell: Callable[[dict[str, object]], None],
    way: str,
) -> None:
    storm = Storm(world_db, redis_server, tmp_path, [(stage, "kill") for stage in post_office.KILLABLE], way)
    storm.post.calm = (6, 9)
    storm.write(40)
    with weather.running(storm.worker):
        while storm.post.plan:
            storm.write(20)
            storm.send()
    killed = len(storm.post.killed)
    tell({"test": f"storm of letters, {way}", "killed": killed, "lost": storm.lost, "extra": storm.extra})
    assert storm.lost > 0 if way == "marked first" else storm.extra > killed
