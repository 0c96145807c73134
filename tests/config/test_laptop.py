"""The embedded PostgreSQL: one server for however many processes, and none left behind."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from config import laptop

# Says the address and a sentence from the database, then waits to be told to go.
USER = """
import sys, psycopg
from config import laptop
folder = laptop.database_url(sys.argv[1], throwaway=sys.argv[2] == "throwaway").removeprefix("postgres://hromada@/")
with psycopg.connect(host=folder.rpartition("/")[0], user="hromada", dbname=sys.argv[1]) as connection:
    print(folder, *connection.execute("SELECT pg_postmaster_start_time()::text").fetchone(), flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def elsewhere(tmp_path: Path):
    """A project folder of its own, since `.hromada` stands beside the module."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config/__init__.py").touch()
    shutil.copy(laptop.__file__, tmp_path / "config/laptop.py")
    return tmp_path


@pytest.fixture
def user(elsewhere: Path):
    """Starts a process that uses the server, kept until told to go."""
    started: list[subprocess.Popen[str]] = []

    def start(name: str, kind: str = "throwaway") -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", USER, name, kind],
            cwd=elsewhere,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
    gone(elsewhere)


def servers(folder: Path) -> list[psutil.Process]:
    """Keepers and postmasters of this folder that still run."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "status"])
        if process.info["status"] != psutil.STATUS_ZOMBIE
        and any(str(folder) in word for word in process.info["cmdline"] or [])
        if "-c" not in process.info["cmdline"][:2]
    ]


def within_half_a_minute(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while not (held := holds()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return held


def gone(folder: Path) -> bool:
    """Whether they have all ended."""
    return within_half_a_minute(lambda: not servers(folder))


def ended(process: psutil.Process) -> bool:
    """Whether it has ended, be it that nobody has asked after it yet."""
    return within_half_a_minute(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)


Start = Callable[..., "subprocess.Popen[str]"]


def said(process: "subprocess.Popen[str]") -> str:
    return process.stdout.readline().strip() if process.stdout else ""


def test_processes_that_come_at_once_share_one_server(user: Start):
    words = [said(process) for process in [user(f"database_{n}") for n in range(5)]]
    assert all(words)
    assert len({line.split(" ", 1)[1] for line in words}) == 1


def test_server_ends_with_its_last_user(user: Start, elsewhere: Path):
    first, second = user("one"), user("two")
    assert said(first)
    assert said(second)
    first.communicate("")
    assert servers(elsewhere)
    second.communicate("")
    assert gone(elsewhere)
    assert not list((elsewhere / ".hromada").glob("*.data"))


def test_server_ends_when_its_last_user_is_killed(user: Start, elsewhere: Path):
    process = user("one")
    assert said(process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert gone(elsewhere)


def test_a_killed_keeper_is_replaced_and_the_server_taken_over(user: Start, elsewhere: Path):
    first = user("one")
    before = said(first).split(" ", 1)[1]
    (keeper,) = [process for process in servers(elsewhere) if str(elsewhere / "config/laptop.py") in process.cmdline()]
    keeper.kill()
    assert ended(keeper)
    second = user("two")
    assert said(second).split(" ", 1)[1] == before
    first.communicate("")
    second.communicate("")
    assert gone(elsewhere)


def test_what_is_kept_is_there_the_next_time(user: Start, elsewhere: Path):
    first = user("kept", "kept")
    assert said(first)
    first.communicate("")
    assert gone(elsewhere)
    assert (elsewhere / f".hromada/postgres-{os.geteuid()}.data/PG_VERSION").exists()
    assert said(user("kept", "kept"))


def test_nobody_else_may_enter(user: Start, elsewhere: Path):
    assert said(user("one"))
    assert (elsewhere / ".hromada").stat().st_mode & 0o077 == 0
