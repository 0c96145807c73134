"""What a storm is made of: process groups that are killed, a sender that repeats, and faults at random moments."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import load, servers
from bench.stand_in import Answers, put
from tests.conftest import RedisServer
from tests.storm.history import Delivery

SECRET = os.environ["STRIPE_WEBHOOK_SECRET"]
ROOT = Path(__file__).parents[2]
LINES = 12


@dataclass
class Group:
    """A process with its children, in a group of their own; what they say goes to a file."""

    command: list[str]
    env: dict[str, str]
    log: Path
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.command], cwd=ROOT, env=self.env, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def kill(self) -> None:
        """All of them at once, without a warning."""
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self, patience: float = 30) -> int:
        """Asks the first of them to end, and returns its exit status."""
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(patience)
        self.process = None
        return status


@contextmanager
def running(*groups: Group) -> Iterator[None]:
    """Started at the beginning, dead at the end."""
    try:
        for group in groups:
            group.start()
        yield
    finally:
        for group in groups:
            group.kill()


def web(application: str, env: dict[str, str], folder: Path) -> tuple[int, Group]:
    """Gunicorn with a worker of eight threads, and its port."""
    port = servers.free_port()
    command = [
        "gunicorn", application, "--bind", f"127.0.0.1:{port}", "--workers", "1", "--worker-class", "gthread",
        "--threads", "8", "--keep-alive", "30", "--log-level", "error",
    ]  # fmt: skip
    return port, Group(command, env, folder / "web.log")


def worker(app: str, env: dict[str, str], folder: Path) -> Group:
    """Celery with two forked processes."""
    command = [
        "celery", "--app", app, "--quiet", "worker", "--concurrency", "2", "--loglevel", "WARNING", "--without-gossip",
        "--without-mingle",
    ]  # fmt: skip
    return Group(command, env, folder / "worker.log")


def beat(env: dict[str, str], folder: Path, name: str = "beat") -> Group:
    """The real schedule."""
    command = ["celery", "--app", "config", "--quiet", "beat", "--loglevel", "WARNING", "--pidfile="]
    return Group(command, env, folder / f"{name}.log")


def wait_until(holds: Callable[[], object], what: str, seconds: float) -> None:
    """Looks ten times a second."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"after {seconds:.0f} s: {what}"
        time.sleep(0.1)


@dataclass
class Sender:
    """Sends as Stripe does: whatever is not answered by 2xx is sent again."""

    port: int
    answers: Answers = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    per_second: float = 200

    def send(self, deliveries: list[Delivery]) -> None:
        """Everything, in this order, over some connections at once; returns when all is acknowledged."""
        load.in_own_loop(self._all(deliveries))

    async def _all(self, deliveries: list[Delivery]) -> None:
        begun, queue = time.monotonic(), iter(enumerate(deliveries))

        async def line() -> None:
            reader = writer = None
            for place, delivery in queue:
                await asyncio.sleep(begun + place / self.per_second - time.monotonic())
                for path, thing in (delivery.answers or {}).items():
                    put(self.answers, path, thing)
                reader, writer = await self._until_acknowledged(delivery, reader, writer)
            if writer:
                writer.close()

        await asyncio.gather(*(line() for _ in range(LINES)))

    async def _until_acknowledged(
        self, delivery: Delivery, reader: asyncio.StreamReader | None, writer: asyncio.StreamWriter | None
    ) -> tuple[asyncio.StreamReader | None, asyncio.StreamWriter | None]:
        for _ in range(100):
            try:
                if reader is None or writer is None:
                    reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(load.request(self.port, delivery.body, SECRET))
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = next(int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
                await reader.readexactly(length)
                status = head[9:12].decode()
            except (OSError, asyncio.IncompleteReadError):
                status, reader, writer = "none", None, None
            else:
                if b"connection: close" in head:
                    writer.close()
                    reader = writer = None
            self.statuses[status] += 1
            if status.startswith("2"):
                return reader, writer
            await asyncio.sleep(0.3)
        raise AssertionError(f"{delivery.event_id} was never acknowledged: {self.statuses}")


@dataclass
class Faults(threading.Thread):
    """Kills, flushes and restarts in an order of the dice, each after some work has been done. Bounded in number."""

    dice: random.Random
    redis: RedisServer
    workers: Group
    done: Callable[[], int]
    kills: int
    flushes: int
    restarts: int
    made: Counter[str] = field(default_factory=Counter)
    error: BaseException | None = None

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        plan = ["kill"] * self.kills + ["flush"] * self.flushes + ["restart"] * self.restarts
        self.dice.shuffle(plan)
        try:
            for fault in plan:
                self._wait(busy=fault == "kill")
                getattr(self, f"_{fault}")()
                self.made[fault] += 1
        except BaseException as error:  # noqa: BLE001  carried to the test's own thread
            self.error = error

    def _wait(self, *, busy: bool) -> None:
        """A moment of the dice's; before a kill, until the workers are at work, so that work is what is interrupted."""
        before, end = self.done(), time.monotonic() + 20
        while busy and self.done() < before + 5 and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(self.dice.uniform(0.3, 1.5))

    def _kill(self) -> None:
        self.workers.kill()
        self.workers.start()

    def _flush(self) -> None:
        self.redis.flush()

    def _restart(self) -> None:
        self.redis.kill()
        time.sleep(self.dice.uniform(0.5, 1.5))
        self.redis.start()
