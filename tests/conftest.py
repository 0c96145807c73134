"""Worlds to test in: a database of one's own, a browser, a Redis.

Ordinary tests use pytest-django's `db`: one transaction, rolled back. A test whose code commits, or which uses threads
or processes, uses `world_db`. pytest-django's `transactional_db` and its `live_server` empty tables with TRUNCATE,
which the ledger refuses.
"""

import os
import socket
import subprocess
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import hypothesis
import pytest
from django.conf import settings
from django.db import connection, connections, reset_queries
from django.test.utils import override_settings, setup_databases, teardown_databases
from django.utils import translation
from playwright.sync_api import expect
from pytest_django import DjangoDbBlocker

from tests import plugin
from tests.worlds import Worlds, administer

# A busy machine is no fault of what is tested. In the proof of a change the examples are always the same; elsewhere
# others are tried each time.
hypothesis.settings.register_profile(
    "house",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    derandomize=plugin.must_run_all(),
)
hypothesis.settings.load_profile("house")


@dataclass(frozen=True)
class WorldDatabase:
    """A database of one test's own: committed to freely, put in order or dropped afterwards."""

    name: str
    url: str

    def environment(self, **more: str) -> dict[str, str]:
        """The environment for a process (worker, gunicorn, a command) that lives on this database."""
        return os.environ | {"DATABASE_URL": self.url} | more


@pytest.fixture(scope="session")
def world_template(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A migrated database that nobody writes to, made once a session as a copy of the one pytest-django has made."""
    with django_db_blocker.unblock():
        # pytest-django makes a database only where some collected test asks for `db`.
        is_made = str(connection.settings_dict["NAME"]).startswith("test_")
        made = [] if is_made else setup_databases(0, interactive=False)
        source = str(connection.settings_dict["NAME"])
        connections.close_all()
        administer("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name := f"{source}_template", source)
    yield name
    with django_db_blocker.unblock():
        administer("DROP DATABASE {} WITH (FORCE)", name)
        teardown_databases(made, 0)


@pytest.fixture(scope="session")
def worlds(world_template: str) -> Iterator[Worlds]:
    """The databases of tests that use `world_db`."""
    kept = Worlds(world_template)
    yield kept
    kept.drop()


@pytest.fixture
def world_db(worlds: Worlds, django_db_blocker: DjangoDbBlocker) -> Iterator[WorldDatabase]:
    """All of Django's connections lead to a database as migrations leave it until the test ends.

    For tests that commit, or use threads or processes; `world_db.environment()` starts a process on the same one.
    Do not ask for `db` beside it.
    """
    name = worlds.take()
    before = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        connections.close_all()
        # One dictionary is shared by the connections of all threads, so that new threads come here too.
        connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = name
        try:
            address = urlsplit(os.environ["DATABASE_URL"])
            path = f"{address.path.rpartition('/')[0]}/{name}"
            yield WorldDatabase(name, urlunsplit(address._replace(path=path)))
        finally:
            connections.close_all()
            connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = before
            worlds.give_back(name)


@pytest.fixture(scope="session", autouse=True)
def late_codes() -> Iterator[None]:
    """An app's code that was read at the end of its half minute may arrive in the next one, as it may not elsewhere."""
    with override_settings(MFA_TOTP_TOLERANCE=1):
        yield


@pytest.fixture(autouse=True)
def no_language() -> None:
    """A page in Ukrainian leaves its language behind in the thread, where the next test would find it."""
    translation.deactivate()


@pytest.fixture(autouse=True)
def no_queries() -> None:
    """The log of statements is bounded, so in one that an earlier test has filled no new one could be counted."""
    reset_queries()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """Playwright drives the system's Chromium; none is downloaded. Its sandbox does not start as root."""
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    # Patience costs nothing where all is well, and a busy machine is no fault of the product's.
    expect.set_options(timeout=30_000)
    return browser_type_launch_args | {"executable_path": plugin.program("browser"), "args": as_root}


@dataclass
class RedisServer:
    """A redis-server of one test's own, on the loopback, which may be killed and started again on the same port."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = field(default=None)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it and return once it answers. What it held before is gone."""
        self.process = subprocess.Popen(
            [
                plugin.program("redis") or "redis-server",
                *("--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"),
                *("--maxmemory-policy", "noeviction", "--dir", str(self.folder)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        for _ in range(200):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=0.5) as line:
                line.sendall(b"PING\r\n")
                if line.recv(16).startswith(b"+PONG"):
                    return
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(0.05)
                break
        raise RuntimeError(f"redis-server does not answer on port {self.port}")

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def flush(self) -> None:
        """Forget everything, at once."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as line:
            line.sendall(b"FLUSHALL\r\n")
            line.recv(16)


@pytest.fixture
def redis_server(tmp_path: Path) -> Generator[RedisServer]:
    """For tests marked `redis`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = RedisServer(tmp_path, port)
    server.start()
    yield server
    server.kill()
