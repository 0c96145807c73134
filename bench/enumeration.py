"""Whether the time of an answer tells if an address is known: the AUC of whoever guesses by it. 0.5 is a coin.

python -m bench.enumeration [--requests 10000] [--seconds 600]

Known and unknown addresses, each asked for once, in an order by chance, one after the other over one kept connection to
gunicorn on PostgreSQL with production's settings. Limits are as ever: each request names another address, and comes,
as a proxy would say, from another network address.
"""

import argparse
import os
import random
import statistics
import time
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from urllib.parse import urlencode

from bench import load, servers
from config import laptop

WARM, BATCH = 200, 500
CSRF = "c" * 32
ANSWER = "from members import sign_ins; sign_ins.answer_due()"  # as a worker does, once nothing is measured any more
PATRONS = (
    "INSERT INTO members_patron (email, name, language, role, is_active, session_nonce, declined_letters, created_at)"
    " SELECT address(n), '', 'en', '', true, n::text, '{}', now() FROM generate_series(0, %s, 2) AS n"
)


@dataclass
class Measured:
    """Seconds that each answer took, and what was answered."""

    known: list[float] = field(default_factory=list)
    unknown: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    letters: dict[str, int] = field(default_factory=dict)

    @property
    def auc(self) -> float:
        """How often a known address took longer than an unknown one, over all pairs; ties count half."""
        unknown = sorted(self.unknown)
        wins = sum(bisect_left(unknown, took) + bisect_right(unknown, took) for took in self.known) / 2
        return wins / (len(self.known) * len(unknown))


def address(number: int) -> str:
    """Even numbers are patrons' addresses, odd ones nobody's; all of one length."""
    return f"{number:08}@example.org"


def request(port: int, number: int) -> bytes:
    """Asking for a code with the address of this number, as it goes over the wire."""
    body = urlencode({"csrfmiddlewaretoken": CSRF, "login": address(number), "next": ""}).encode()
    network = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    head = (
        f"POST /account/login/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: csrf={CSRF}\r\n"
        f"X-Forwarded-For: {network}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def measure(requests: int, seconds: float, name: str) -> Measured:
    """Asks until all are asked or the time is over; at least one batch."""
    database = laptop.database_url(name, throwaway=True)
    seen, numbers = Measured(), list(range(WARM + requests))
    with servers.redis() as redis:
        env = servers.environment(database, redis) | {"TRUSTED_PROXY_COUNT": "1"}
        servers.manage(env, "migrate", "--verbosity", "0")
        with servers.connect(database) as rows:
            rows.execute(
                "CREATE FUNCTION pg_temp.address(n int) RETURNS text RETURN lpad(n::text, 8, '0') || '@example.org'"
            )
            rows.execute(PATRONS.replace("address(", "pg_temp.address("), [WARM + requests])
            rows.execute("ANALYZE members_patron")
        with servers.web("config.wsgi:application", env) as (port, _):
            load.send(port, [request(port, number) for number in numbers[:WARM]], lines=1)
            left, end = numbers[WARM:], time.monotonic() + seconds
            random.shuffle(left)
            while left and (not seen.known or time.monotonic() < end):
                batch, left = left[:BATCH], left[BATCH:]
                _ask(seen, port, batch)
        servers.manage(env, "shell", "--verbosity", "0", "--command", ANSWER)
        with servers.connect(database) as rows:
            counted = rows.execute("SELECT occasion, count(*) FROM letters_letter GROUP BY occasion").fetchall()
            seen.letters = dict(counted)  # type: ignore[arg-type]  # a word and a number
    return seen


def _ask(seen: Measured, port: int, numbers: list[int]) -> None:
    run = load.send(port, [request(port, number) for number in numbers], lines=1)
    for number, latency in zip(numbers, run.latencies, strict=True):
        (seen.unknown if number % 2 else seen.known).append(latency)
    for status, count in run.statuses.items():
        seen.statuses[status] = seen.statuses.get(status, 0) + count


def report(seen: Measured) -> str:
    """For people."""
    count = len(seen.known) + len(seen.unknown)
    error = (count + 1) ** 0.5 / (12 * len(seen.known) * len(seen.unknown)) ** 0.5
    medians = [statistics.median(took) * 1000 for took in (seen.known, seen.unknown)]
    return (
        f"{count} requests, {len(seen.known)} of them for known addresses: answered {seen.statuses}, letters"
        f" {seen.letters}\n"
        f"  AUC {seen.auc:.3f} (a coin: 0.500 ± {2 * error:.3f}); medians: known {medians[0]:.2f} ms, unknown"
        f" {medians[1]:.2f} ms"
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=600, help="after which no further batch is begun")
    options = parser.parse_args()
    print(f"load on this machine: {', '.join(f'{load:.1f}' for load in os.getloadavg())} on {os.cpu_count()} cores")
    print(report(measure(options.requests, options.seconds, f"bench_enumeration_{os.getpid()}")))


if __name__ == "__main__":
    main()
