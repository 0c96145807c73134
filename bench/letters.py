"""A reminder run, against one task per person: letters written per second, memory of the producer, memory of Redis.

python -m bench.letters [--patrons 20000 200000] [--control 20000]

Both write the same letters into the same tables, one run after the other, each into a database of its own. The control
has two worker processes to itself; ours is one process. Where the control is given fewer than are due, its speed is
that of this sample, and the report says so. Its memory is always that of all due: a message for each, waiting in Redis.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass

import psycopg

from bench import servers
from config import laptop


@dataclass
class Run:
    """One way of writing so many letters. Memory in megabytes above what it was at the start."""

    due: int
    letters: int
    seconds: float
    producer: float
    redis: float

    @property
    def rate(self) -> float:
        return self.letters / self.seconds


def _speak(env: servers.Environment, *words: str) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.reminding", *words]
    said = subprocess.run(command, cwd=servers.ROOT, env=env, check=True, capture_output=True, text=True).stdout
    answer: dict[str, float] = json.loads(said.splitlines()[-1])
    return answer


def _memory(redis: str, name: str) -> int:
    """`used_memory` or `used_memory_peak` of a Redis, in bytes."""
    told = subprocess.run(["redis-cli", "-u", redis, "INFO", "memory"], check=True, capture_output=True, text=True)
    return int(next(line.split(":")[1] for line in told.stdout.splitlines() if line.startswith(f"{name}:")))


def measure(due: int, *, sample: int = 0, name: str) -> Run:
    """So many patrons are due; their letters are written in pages, or those of a sample by one task each."""
    database = laptop.database_url(name, throwaway=True)
    with servers.redis() as redis:
        if not redis:
            raise SystemExit("redis-server is not installed: there is nothing to compare with.")
        env = servers.environment(database, redis)
        servers.manage(env, "migrate", "--verbosity", "0")
        _speak(env, "seed", str(due))
        before = _memory(redis, "used_memory")
        if sample:
            seconds = _one_each(env, sample, database)
            told = _speak(env, "publish", str(due))
        else:
            told = _speak(env, "pages")
            seconds = told["seconds"]
        with servers.connect(database) as rows:
            found = rows.execute("SELECT count(*) FROM letters_letter").fetchone()
        peak = _memory(redis, "used_memory_peak")
        return Run(due, found[0] if found else 0, seconds, told["memory"], (peak - before) / 1e6)


def _one_each(env: servers.Environment, due: int, database: str) -> float:
    """Seconds from the first message to the last letter."""
    command = [
        sys.executable, "-m", "celery", "--app", "bench.reminding:app", "--quiet", "worker", "--concurrency", "2",
        "--queues", "one_each", "--loglevel", "CRITICAL", "--without-gossip", "--without-mingle",
    ]  # fmt: skip
    with servers.process(command, env), servers.connect(database) as rows:
        _speak(env, "publish", "1")
        _until(rows, 1)  # the workers are awake
        begun = time.perf_counter()
        told = _speak(env, "publish", str(due))
        _until(rows, due)
        return time.perf_counter() - begun - told["start"]


def _until(rows: "psycopg.Connection[tuple[int, ...]]", letters: int) -> None:
    while (found := rows.execute("SELECT count(*) FROM letters_letter").fetchone()) is None or found[0] < letters:
        time.sleep(0.1)


def report(pages: Run, each: Run) -> str:
    """The two side by side."""
    sample = "" if each.letters == pages.letters else f" (a sample; memory of all {each.due:,})"
    lines = [f"{pages.due:,} patrons due:"]
    for run, way in ((pages, "in pages"), (each, f"one task each{sample}")):
        written = f"{run.letters:,} letters in {run.seconds:.1f} s, {run.rate:,.0f}/s"
        lines.append(f"  {way}: {written}; producer +{run.producer:.1f} MB, Redis +{run.redis:.1f} MB")
    return "\n".join([*lines, f"  ratio: {pages.rate / each.rate:.1f}"])


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patrons", type=int, nargs="+", default=[20_000, 200_000])
    parser.add_argument("--control", type=int, default=20_000, help="at most so many are given to the control")
    options = parser.parse_args()
    print(f"load on this machine: {', '.join(f'{load:.1f}' for load in os.getloadavg())} on {os.cpu_count()} cores")
    for due in options.patrons:
        pages = measure(due, name=f"bench_letters_{os.getpid()}_{due}")
        each = measure(due, sample=min(due, options.control), name=f"bench_one_each_{os.getpid()}_{due}")
        print(report(pages, each), flush=True)


if __name__ == "__main__":
    main()
