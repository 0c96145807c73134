"""Ballots: how fast they are cast over HTTP, as a ratio to a bare view for who is signed in that does the same upsert.

python -m bench.ballots [--rounds 9] [--ballots 300] [--voters 200]

Both run in the same minutes on gunicorn and PostgreSQL, by turns. The bare view stands behind the product's own
middleware, reads the same form, writes one row of the same table by the same statement in one transaction, and answers
one word.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from urllib.parse import urlencode

from bench import load, servers
from config import laptop

CSRF = "c" * 32
CHOICES = ["rivers", "roads", "schools"]
LIMIT = 0.6


@dataclass
class Measured:
    """Rates in ballots per second, ours and the bare view's; CPU in milliseconds per ballot."""

    ratios: list[float] = field(default_factory=list)
    rates: list[tuple[float, float]] = field(default_factory=list)
    cpu: tuple[float, float] = (0, 0)
    ballots: int = 0


def _requests(port: int, sessions: list[str], count: int, number: int) -> list[bytes]:
    """As many ballots, each voter's in turn, with other choices each time."""
    found = []
    for index in range(count):
        choices = [choice for bit, choice in enumerate(CHOICES) if (index + number) % 7 + 1 & 1 << bit]
        body = urlencode([("csrfmiddlewaretoken", CSRF), *(("choice", choice) for choice in choices)])
        cookies = f"session={sessions[index % len(sessions)]}; csrf={CSRF}"
        found.append(
            f"POST /rounds/spring/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookies}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )
    return found


def measure(rounds: int, ballots: int, voters: int, database: str) -> Measured:
    """Bare, ours, bare, ours …, on a database that is migrated; before that everybody has voted once at both."""
    seen = Measured()
    with servers.redis() as redis:
        env = servers.environment(database, redis)
        if redis:  # as in production: pages name their style sheets by what is in them
            servers.manage(env, "collectstatic", "--noinput", "--verbosity", "0")
        made = subprocess.run(
            [sys.executable, "-m", "bench.voters", str(voters)], env=env, check=True, capture_output=True, text=True
        )
        sessions = json.loads(made.stdout)
        bare_env = env | {"DJANGO_SETTINGS_MODULE": "bench.bare_ballot_settings"}
        with (
            servers.web("bench.bare_ballots:application", bare_env) as bare,
            servers.web("config.wsgi:application", env) as ours,
        ):
            for port, _process in (bare, ours):
                _send(port, sessions, voters, 0)
            before = servers.cpu(ours[1]), servers.cpu(bare[1])
            for number in range(1, rounds + 1):
                limit, run = _send(bare[0], sessions, ballots, number), _send(ours[0], sessions, ballots, number)
                seen.ratios.append(run / limit)
                seen.rates.append((run, limit))
            after = servers.cpu(ours[1]), servers.cpu(bare[1])
        used = [(late - early) * 1000 / rounds / ballots for early, late in zip(before, after, strict=True)]
        seen.cpu = used[0], used[1]
        with servers.connect(database) as rows:
            statement = "SELECT count(*) FROM voting_openballot GROUP BY round_id ORDER BY round_id"
            (seen.ballots,), (at_bare,) = rows.execute(statement).fetchall()
    if (seen.ballots, at_bare) != (voters, voters):
        raise SystemExit(f"{voters} voters left {seen.ballots} ballots, and {at_bare} at the bare view")
    return seen


def _send(port: int, sessions: list[str], ballots: int, number: int) -> float:
    run = load.send(port, _requests(port, sessions, ballots, number))
    if set(run.statuses) != {200}:
        raise SystemExit(f"not every ballot was cast: {run.statuses}")
    return run.rate


def report(seen: Measured) -> str:
    """Medians and spread."""
    ratio = statistics.median(seen.ratios)
    ours, bare = (statistics.median(rates) for rates in zip(*seen.rates, strict=True))
    return (
        f"ballots: {ours:.0f} a second, a bare view {bare:.0f}; ratio {ratio:.2f}"
        f" (from {min(seen.ratios):.2f} to {max(seen.ratios):.2f}, limit {LIMIT})"
        f"; CPU {seen.cpu[0]:.1f} ms a ballot, a bare view {seen.cpu[1]:.1f} ms"
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--ballots", type=int, default=300, help="of each round")
    parser.add_argument("--voters", type=int, default=200)
    options = parser.parse_args()
    print(f"load on this machine: {', '.join(f'{load:.1f}' for load in os.getloadavg())} on {os.cpu_count()} cores")
    database = laptop.database_url(f"bench_ballots_{os.getpid()}", throwaway=True)
    servers.manage(servers.environment(database, ""), "migrate", "--verbosity", "0")
    print(report(measure(options.rounds, options.ballots, options.voters, database)))


if __name__ == "__main__":
    main()
