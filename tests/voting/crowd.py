"""Many browsers at once against a real server: gunicorn, two processes of eight threads, on a database of its own."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from bench import load
from bench.servers import await_port, free_port
from members.models import Patron
from tests.conftest import WorldDatabase
from tests.signing_in import at_once

CSRF = "c" * 32
CODE = re.compile(rb"\b[A-Z2-7]{16}\b")


@dataclass
class Site:
    """A running server. `log` is what it wrote."""

    port: int
    log: Path


@contextmanager
def site(world_db: WorldDatabase, folder: Path, application: str, **environment: str) -> Iterator[Site]:
    """The server, until the block ends."""
    port, log = free_port(), folder / "gunicorn.log"
    command = [
        sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}", "--workers", "2",
        "--preload", "--worker-class", "gthread", "--threads", "8", "--keep-alive", "60", "--log-level", "warning",
    ]  # fmt: skip
    with log.open("wb") as out:
        running = subprocess.Popen(command, env=world_db.environment(**environment), stdout=out, stderr=out)
        try:
            await_port(port)
            yield Site(port, log)
        finally:
            running.terminate()
            running.wait(30)


def cookies(voter: Patron) -> str:
    """A browser in which somebody is signed in."""
    return f"session={at_once(voter).cookies['session'].value}; csrf={CSRF}"


@dataclass
class Browser:
    """Casts one ballot after the other, and remembers each answer's status and receipt code."""

    voter: Patron
    cookies: str
    ballots: Sequence[list[str]]
    answers: list[tuple[int, str]] = field(default_factory=list)
    name: str = ""

    async def vote(self, port: int, slug: str, told: Callable[[], None]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for choices in self.ballots:
            writer.write(self._request(port, slug, choices))
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
            body = await reader.readexactly(length)
            found = CODE.search(body)
            self.answers.append((int(head[9:12]), found[0].decode() if found else ""))
            told()
            if b"connection: close" in head.lower():
                writer.close()
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()

    def _request(self, port: int, slug: str, choices: list[str]) -> bytes:
        body = urlencode([("csrfmiddlewaretoken", CSRF), *(("choice", choice) for choice in choices)]).encode()
        head = (
            f"POST /rounds/{slug}/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {self.cookies}\r\n"
            f"User-Agent: {self.name}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


def vote(port: int, slug: str, browsers: Sequence[Browser], told: Callable[[], None] = lambda: None) -> None:
    """All browsers at once; `told` is called after each answer. Returns when every one has been answered."""

    async def everything() -> None:
        await asyncio.gather(*(browser.vote(port, slug, told) for browser in browsers))

    load.in_own_loop(everything())
