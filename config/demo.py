"""The surroundings of `manage.py demo`: its environment, its ports, its processes. Needs no Django, and no settings.

Everything is kept in `.hromada/`. Whoever holds the lock there is the demo; while it runs, other commands of
`manage.py` join its environment, so that `manage.py books` looks at the demo's books.
"""

import fcntl
import os
import secrets
import shlex
import socket
import sys
from collections.abc import MutableMapping
from pathlib import Path
from urllib.parse import urlsplit

from config import laptop

ENVIRONMENT = laptop.HOME / "demo.env"
LOCK = laptop.HOME / "demo.lock"
LOGS = laptop.HOME / "logs"
WEB_PORT, SANDBOX_PORT = 8000, 8100
# Settings that an installation's `.env` may hold and that must not reach into the demo.
ABSENT = {"REDIS_URL": "", "SENTRY_DSN": "", "ERASED_FILE": "", "TRUSTED_PROXY_COUNT": "0"}

# Number, and what follows from it.
CARDS = (
    ("4242 4242 4242 4242", "is charged, now and every month"),
    ("4000 0000 0000 0341", "is charged now, and declined at the next renewal"),
    ("4000 0000 0000 9995", "is declined: too little money"),
    ("4000 0025 0000 3155", "asks for the bank's confirmation"),
    ("4000 0000 0000 0259", "is charged, and disputed some seconds later"),
    ("4000 0000 0000 5126", "is charged; a refund to it fails"),
)

# Held as long as the process lives.
_held: list[int] = []


def prepare_environment(environ: MutableMapping[str, str]) -> None:
    """Become the demo: its lock, its database, its secrets (made once), free ports. Called before settings are read.

    A `DATABASE_URL` in `environ` is taken instead of the embedded PostgreSQL. Exits with a sentence where it cannot.
    """
    laptop.HOME.mkdir(mode=0o700, exist_ok=True)
    LOGS.mkdir(mode=0o700, exist_ok=True)
    lock = os.open(LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    _held.append(lock)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"The demo is running already: {_kept().get('SITE_URL', '')}")
    try:
        database = environ.get("DATABASE_URL") or laptop.database_url("demo")
    except laptop.NoPostgreSQL as refusal:
        sys.exit(str(refusal))
    site = _free_port(WEB_PORT)
    environ.update(ABSENT | _secrets() | {
        "DEBUG": "1",
        "DEMO": "1",
        "DATABASE_URL": database,
        "EMAIL_URL": "dummymail://",  # letters are read on a page of the demo and go nowhere
        "SITE_URL": f"http://127.0.0.1:{site}",
        "STRIPE_API_BASE": f"http://127.0.0.1:{_free_port(SANDBOX_PORT, site)}",
    })  # fmt: skip
    _keep(environ)


def join(environ: MutableMapping[str, str]) -> None:
    """Take over the environment of a running demo, unless there are settings already (in `environ` or in `.env`)."""
    is_set = "SECRET_KEY" in environ or "DATABASE_URL" in environ or (laptop.HOME.parent / ".env").exists()
    if not is_set and is_running():
        environ.update(_kept())


def is_running() -> bool:
    """Whether some process holds the demo's lock."""
    try:
        lock = os.open(LOCK, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def processes(environ: MutableMapping[str, str]) -> dict[str, str]:
    """What runs beside each other: a shell's command by its name. What they say goes to `.hromada/logs/<name>.log`."""
    web, sandbox = (urlsplit(environ[name]).port for name in ("SITE_URL", "STRIPE_API_BASE"))
    celery = "-m celery --app config.celery --quiet"
    commands = {
        "web": f"-m gunicorn config.wsgi --bind 127.0.0.1:{web} --worker-class gthread --threads 8 --keep-alive 75 "
        "--log-level warning --no-control-socket",
        "worker": f"{celery} worker --concurrency 2 --loglevel WARNING --without-gossip --without-mingle",
        "beat": f"{celery} beat --loglevel WARNING --pidfile=",
        "sandbox": f"manage.py sandbox --port {sandbox}",
    }
    # The worker's children get the signal to end, too, so that a patient worker would wait for them in vain. What waits
    # stands in rows, so it may just as well leave at once.
    python = f"REMAP_SIGTERM=SIGQUIT exec {shlex.quote(sys.executable)}"
    return {name: f"{python} {command} >{shlex.quote(str(log_of(name)))} 2>&1" for name, command in commands.items()}


def log_of(name: str) -> Path:
    """Where a process writes what it has to say."""
    return LOGS / f"{name}.log"


def _free_port(wanted: int, taken: int = 0) -> int:
    """The usual port, or the first free one of the next hundred, or whichever the system gives."""
    for port in (*range(wanted, wanted + 100), 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            free: int = probe.getsockname()[1]
            if free != taken:
                return free
    sys.exit("No port of 127.0.0.1 is free.")


def _secrets() -> dict[str, str]:
    """Made at the first start and kept, so that sessions and signed links outlive a restart."""
    kept = _kept()
    return {
        name: kept.get(name) or prefix + secrets.token_urlsafe(length)
        for name, prefix, length in (
            ("SECRET_KEY", "", 64),
            ("BALLOT_SECRET", "", 48),
            ("STRIPE_SECRET_KEY", "sk_test_", 24),
            ("STRIPE_WEBHOOK_SECRET", "whsec_", 24),
        )
    }


def _kept() -> dict[str, str]:
    try:
        lines = ENVIRONMENT.read_text().splitlines()
    except FileNotFoundError:
        return {}
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def _keep(environ: MutableMapping[str, str]) -> None:
    names = ("DEBUG", "DEMO", "DATABASE_URL", "EMAIL_URL", "SITE_URL", "STRIPE_API_BASE", *_secrets(), *ABSENT)
    ENVIRONMENT.touch(mode=0o600)
    ENVIRONMENT.write_text("".join(f"{name}={environ[name]}\n" for name in names))
