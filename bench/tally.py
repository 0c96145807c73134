"""The tally: from rows in PostgreSQL to the result with its trace, beside other programs on the same rows, in one run.

    python -m bench.tally [--ballots 10000 100000 …] [--methods approval stv …] [--patience 60]

Each measurement is a process of its own that reads the sealed ballots through a server-side cursor and counts them. Its
time begins at the first row and ends with the winners; its memory is what the process grew by at its highest. The
others read the same rows with the standard JSON reader into the input that their documentation shows. Who needs more
than `patience` seconds is left out, and so is who is not installed: pip install pyrankvote votelib abcvoting
"""

import argparse
import importlib.util
import json
import os
import random
import resource
import secrets
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import django

from bench import counting, servers
from config import laptop
from voting.methods.ballots import ballot_line, read_ballots
from voting.methods.counting import Closing, count

# By method: the kind of ballot, the most topics or points, the points in all, and who else can count it.
CASES = {
    "approval": ("approval", 3, None, ["votelib", "abcvoting"]),
    "equal_shares": ("approval", 3, None, ["abcvoting"]),
    "points": ("points", 5, 10, []),
    "schulze": ("ranking", 5, None, ["votelib"]),
    "irv": ("ranking", 5, None, ["pyrankvote", "votelib"]),
    "stv": ("ranking", 5, None, ["pyrankvote", "votelib"]),
}
OURS = "hromada"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass
class Tally:
    """One program's count. `cpu`: seconds that it computed itself; `peak` in KiB above what it had before."""

    seconds: float
    cpu: float
    peak: int
    chosen: list[str]
    different: int = 0


# -- in a process of its own


def lines_of(round_id: int) -> Iterator[str]:
    """The sealed ballots in their order, as the close and the count read them."""
    from voting.models import Ballot

    found: Iterator[str] = Ballot.objects.filter(round=round_id).lines()
    return found


def ours(method: str, lines: Iterable[str]) -> tuple[list[str], int]:
    """The result with everything that is published of it."""
    of = counting.rules(method, *CASES[method][:3])
    cast = read_ballots(of, lines)
    result = count(of, Closing(counting.SEED, cast.digest, cast.lines, cast.counted, cast.blank), cast)
    return result["count"]["chosen"], len(cast.single)


def read_as_others(lines: Iterable[str]) -> Iterator[Any]:
    for line in lines:
        yield json.loads(line)["choices"]


def pyrankvote(method: str, lines: Iterable[str]) -> list[str]:
    import pyrankvote as library
    from pyrankvote.models import Ballot, Candidate

    topics = {f"t{number}": Candidate(f"t{number}") for number in range(counting.TOPICS)}
    ballots = [Ballot([topics[one] for (one,) in choices]) for choices in read_as_others(lines)]
    candidates = list(topics.values())
    if method == "irv":
        found = library.instant_runoff_voting(candidates, ballots)
    else:
        found = library.single_transferable_vote(candidates, ballots, number_of_seats=4)
    return [winner.name for winner in found.get_winners()]


def votelib(method: str, lines: Iterable[str]) -> list[str]:
    from votelib import convert, evaluate
    from votelib.evaluate import condorcet, sequential

    if method == "approval":
        approvals = Counter(frozenset(choices) for choices in read_as_others(lines))
        return list(evaluate.core.Plurality().evaluate(convert.ApprovalToSimpleVotes().convert(approvals), 4))
    rankings = Counter(tuple(one for (one,) in choices) for choices in read_as_others(lines))
    if method == "schulze":
        return list(condorcet.Schulze().evaluate(convert.RankedToCondorcetVotes().convert(rankings), 1))
    seats = 1 if method == "irv" else 4
    return list(sequential.TransferableVoteSelector(quota_function="droop").evaluate(rankings, seats))


def abcvoting(method: str, lines: Iterable[str]) -> list[str]:
    """Exact, like ours, in the quicker of its kinds of fractions."""
    from abcvoting import abcrules
    from abcvoting.preferences import Profile

    profile = Profile(counting.TOPICS)
    profile.add_voters([[int(topic[1:]) for topic in choices] for choices in read_as_others(lines)])
    if method == "approval":
        (found,) = abcrules.compute("av", profile, committeesize=4, resolute=True)
    else:
        (found,) = abcrules.compute(
            "equal-shares", profile, committeesize=4, resolute=True, algorithm="gmpy2-fractions"
        )
    return [f"t{number}" for number in sorted(found)]


def one(method: str, program: str, round_id: int) -> Tally:
    """Counts once in this process."""
    others: dict[str, Callable[[str, Iterable[str]], list[str]]] = {
        "pyrankvote": pyrankvote, "votelib": votelib, "abcvoting": abcvoting
    }  # fmt: skip
    if program != OURS:
        importlib.import_module(program)
    lines = lines_of(round_id)
    before, begun, used = _peak(), time.perf_counter(), time.process_time()
    chosen, different = ours(method, lines) if program == OURS else (others[program](method, lines), 0)
    took, cpu = time.perf_counter() - begun, time.process_time() - used
    return Tally(took, cpu, _peak() - before, sorted(map(str, chosen)), different)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


# -- the run


def fill(kind: str, most: int | None, total: int | None, ballots: int) -> int:
    """A round with so many ballots of a kind, each with its own receipt code; its id."""
    from django.db import connection

    from voting.models import Round

    of = counting.rules(
        "equal_shares" if kind == "approval" else "points" if kind == "points" else "stv", kind, most, total
    )
    now = datetime.now(UTC)
    made = Round.objects.create(
        slug=f"{kind}-{ballots}", title_en="Bench", ballot=kind, opens_at=now - timedelta(days=1), closes_at=now,
        scheduled_at=now, opened_at=now, configuration=of.text(), configuration_digest=of.digest, seed=counting.SEED,
        nonce="n", key_fingerprint="f",
    )  # fmt: skip
    chance = random.Random(ballots)
    with connection.cursor() as cursor:
        with cursor.copy("COPY voting_ballot (id, round_id, line) FROM STDIN") as copy:
            for _ in range(ballots):
                code = "".join(chance.choices(LETTERS, k=16))
                line = ballot_line(of, counting.choices(of, chance), code=code)
                copy.write_row((f"{secrets.randbits(128):032x}", made.pk, line))
        cursor.execute("ANALYZE voting_ballot")
    return int(made.pk)


def measured(method: str, program: str, round_id: int, patience: int) -> Tally | str:
    """In a fresh process, or why not."""
    if program != OURS and importlib.util.find_spec(program) is None:
        return "not installed"
    command = [sys.executable, "-m", "bench.tally", "--one", method, program, str(round_id)]
    try:
        ran = subprocess.run(
            command, cwd=servers.ROOT, capture_output=True, text=True, timeout=patience, check=False
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"not within {patience} s"
    if ran.returncode:
        return f"failed: {ran.stderr.strip().splitlines()[-1][:80]}"
    return Tally(**json.loads(ran.stdout.splitlines()[-1]))


def report(method: str, ballots: int, program: str, seen: Tally | str, own: Tally | None) -> str:
    """A line for people."""
    head = f"{method:13} {ballots:8} ballots  {program:11}"
    if isinstance(seen, str):
        return f"{head} {seen}"
    said = f"{head} {seen.seconds * 1000:8.0f} ms, CPU {seen.cpu * 1000:8.0f} ms  {seen.peak / 1024:7.1f} MiB"
    if program == OURS:
        return f"{said}  {seen.different} different ballots, {seen.peak * 1024 / max(1, seen.different):.0f} bytes each"
    agrees = own is not None and own.chosen == seen.chosen
    times, cpu = (seen.seconds / own.seconds, seen.cpu / own.cpu) if own else (0.0, 0.0)
    return f"{said}  {times:.1f} times ours, CPU {cpu:.1f} times, {'the same' if agrees else 'other'} winners"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ballots", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--methods", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--patience", type=int, default=60, help="seconds that another program may take")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        django.setup()
        method, program, round_id = options.one
        print(json.dumps(asdict(one(method, program, int(round_id)))))
        return
    database = laptop.database_url(f"bench_tally_{os.getpid()}", throwaway=True)
    os.environ |= servers.environment(database, "")
    servers.manage(dict(os.environ), "migrate", "--verbosity", "0")
    django.setup()
    print(f"load on this machine: {', '.join(f'{load:.1f}' for load in os.getloadavg())} on {os.cpu_count()} cores")
    for ballots in options.ballots:
        kept: dict[str, int] = {}
        for method in options.methods:
            kind, most, total, others = CASES[method]
            if kind not in kept:
                kept[kind] = fill(kind, most, total, ballots)
            own = measured(method, OURS, kept[kind], 600)
            print(report(method, ballots, OURS, own, None), flush=True)
            for program in others:
                seen = measured(method, program, kept[kind], options.patience)
                print(report(method, ballots, program, seen, own if isinstance(own, Tally) else None), flush=True)


if __name__ == "__main__":
    main()
