"""The processes that a benchmark starts, on the loopback, each in a group of its own that ends with the block."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import environ
import psutil
import psycopg

ROOT = Path(__file__).resolve().parent.parent
SECRET = "whsec_bench_0123456789abcdef"

Environment = dict[str, str]


def free_port() -> int:
    """A loopback port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(database: str, redis: str, stripe: str = "http://127.0.0.1:9") -> Environment:
    """Production's settings but for the secrets, so that everything is measured as it runs.

    Without Redis only DEBUG allows another broker: files in a folder.
    """
    return os.environ | {
        "DEBUG": "0" if redis else "1",
        "DATABASE_URL": database,
        "REDIS_URL": redis,
        "EMAIL_URL": "dummymail://",
        "SITE_URL": "http://127.0.0.1",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "BALLOT_SECRET": secrets.token_urlsafe(64),
        "STRIPE_SECRET_KEY": "sk_test_bench_0123456789",
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "STRIPE_API_BASE": stripe,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


def manage(env: Environment, *words: str) -> str:
    """What `manage.py` says."""
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True).stdout


def connect(database: str) -> "psycopg.Connection[tuple[int, ...]]":
    """A connection to the database of this address, beside Django."""
    where = environ.Env.db_url_config(database)
    return psycopg.connect(
        host=where["HOST"] or None, port=where["PORT"] or None, user=where["USER"] or None,
        password=where["PASSWORD"] or None, dbname=where["NAME"], autocommit=True,
    )  # fmt: skip


@contextmanager
def process(command: list[str], env: Environment | None = None) -> Iterator[psutil.Process]:
    """A process and its children; at the end they are asked to stop, and killed if they do not."""
    quiet = subprocess.DEVNULL
    child = subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True, stdout=quiet, stderr=quiet)
    try:
        yield psutil.Process(child.pid)
    finally:
        os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def await_port(port: int) -> None:
    """Returns once somebody listens."""
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"nobody listens on port {port}")


@contextmanager
def web(application: str, env: Environment) -> Iterator[tuple[int, psutil.Process]]:
    """Gunicorn with one worker of eight threads; its port."""
    port = free_port()
    command = [
        sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}", "--workers", "1",
        "--worker-class", "gthread", "--threads", "8", "--keep-alive", "30", "--log-level", "critical",
    ]  # fmt: skip
    with process(command, env) as running:
        await_port(port)
        yield port, running


@contextmanager
def worker(env: Environment) -> Iterator[psutil.Process]:
    """Celery with two processes, as docker-compose.yml starts it."""
    command = [
        sys.executable, "-m", "celery", "--app", "config", "--quiet", "worker", "--concurrency", "2", "--loglevel",
        "CRITICAL", "--without-gossip", "--without-mingle",
    ]  # fmt: skip
    with process(command, env) as running:
        yield running


@contextmanager
def redis() -> Iterator[str]:
    """A Redis of the benchmark's own, or an empty address where none is installed."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        yield ""
        return
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        with process(command):
            await_port(port)
            yield f"redis://127.0.0.1:{port}/0"


def cpu(root: psutil.Process) -> float:
    """Seconds of CPU that a process and its living children have used."""
    used = 0.0
    for one in (root, *root.children(recursive=True)):
        times = one.cpu_times()
        used += times.user + times.system
    return used


class Backends:
    """PostgreSQL's processes that serve one database, but for the one that asks. Look often: then few escape."""

    def __init__(self, rows: "psycopg.Connection[tuple[int, ...]]") -> None:
        self.rows = rows
        self.seen: dict[int, float] = {}

    def cpu(self) -> float:
        """Seconds of CPU that all of them have used so far, also those that have ended since."""
        statement = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        for (pid,) in self.rows.execute(statement).fetchall():
            with suppress(psutil.NoSuchProcess):
                self.seen[pid] = cpu(psutil.Process(pid))
        return sum(self.seen.values())
