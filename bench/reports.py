"""Every page of figures in a small and a large newsroom, the price of following the book, and how fast it is read anew.

python -m bench.reports [--lines 1000000 10000000] [--rounds 9] [--seconds 4]

Two newsrooms that differ only in how many give: the same months, days and currencies, and the same shares of what is
rare. Each page is opened in turn in the one and in the other; printed are medians, their ratio, the number of queries,
the blocks that PostgreSQL looks at, and the SQL of the page against the same queries sent bare, past Django. Then eight
writers add lines, in turn with nobody following and with the follower at work.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from bench import filling, servers
from config import laptop

MONTHS = 36
PAGES = [
    "/reports/", "/reports/days/", "/reports/retention/", "/reports/failed/", "/reports/origins/",
    "/reports/participation/", "/reports/close/",
    "/reports/close/differences/", "/reports/health/", "/reports/rows/movements/?month={month}&currency=EUR&kind=new",
    "/reports/rows/invoices/?month={month}&what=due", "/reports/rows/invoices/?month={month}&currency=EUR&what=failed",
    "/reports/rows/memberships/?currency=EUR&what=all", "/reports/rows/memberships/?currency=EUR&what=failing",
    "/reports/rows/persons/?month={month}&outcome=new", "/reports/rows/persons/?month={month}&outcome=live",
    "/reports/rows/lines/?first={month}-01&last={month}-28&currency=EUR&kind=payment",
    "/reports/rows/lines/?first={month}-01&last={month}-28&currency=EUR&kind=adjustment",
    "/reports/rows/lines/?first={month}-01&last={month}-28&currency=EUR&seen=on&kind=recurring",
    "/reports/rows/lines/?first={month}-01&last={month}-28&currency=EUR&kind=back",
    "/reports/rows/payments/?month={month}&currency=EUR",
    "/reports/rows/payments/?month={month}&currency=EUR&kind=paid",
    "/reports/rows/payments/?month={month}&currency=EUR&kind=refunded", "/reports/payments/",
    "/reports/rows/origins/?first={month}&last={month}&by=story&rule=joining&what=joined",
]  # fmt: skip
WRITERS = 8
# How much longer a page may take in the larger newsroom, and its SQL than bare; the share of lines that upkeep leaves.
LARGER, WRAPPED, FOLLOWED = 1.3, 1.5, 0.7
LINE = """
INSERT INTO payments_ledgerentry (source, kind, balance_transaction, amount_minor, currency, seen_currency, occurred_at,
    note) VALUES ('stripe', 'adjustment', %s, 1, 'EUR', '', now(), '')
"""


@dataclass
class Newsroom:
    """One of the two, the process that opens its pages, and what each took.

    That is seconds, of SQL, of bare SQL, queries, blocks.
    """

    lines: int
    database: str
    env: servers.Environment
    pages: "subprocess.Popen[str]"
    filled: float
    took: dict[str, list[tuple[float, float, float, int, int]]] = field(default_factory=dict)

    def open(self, page: str) -> None:
        """Opens a page once; the first time does not count."""
        assert self.pages.stdin
        assert self.pages.stdout
        self.pages.stdin.write(page + "\n")
        self.pages.stdin.flush()
        self.took.setdefault(page, []).append(tuple(json.loads(self.pages.stdout.readline())))


def made(lines: int) -> Newsroom:
    """A newsroom with about so many lines, on a database of its own, its sums made."""
    database = laptop.database_url(f"bench_reports_{os.getpid()}_{lines}", throwaway=True)
    env = servers.environment(database, "")
    servers.manage(env, "migrate", "--verbosity", "0")
    givers = max(1, round(lines / (MONTHS + 1)))
    with servers.connect(database) as rows:
        filling.fill(rows, givers, MONTHS)
        rows.execute("VACUUM ANALYZE")
        found = rows.execute("SELECT count(*) FROM payments_ledgerentry").fetchone()
        seconds = float(_speak(env, "rebuild"))
        rows.execute("VACUUM ANALYZE")
    child = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "bench.reports", "--child", "pages"], cwd=servers.ROOT, env=env,
        text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return Newsroom(found[0] if found else 0, database, env, child, seconds)


def _speak(env: servers.Environment, word: str) -> str:
    command = [sys.executable, "-W", "ignore", "-m", "bench.reports", "--child", word]
    told = subprocess.run(command, cwd=servers.ROOT, env=env, check=True, text=True, stdout=subprocess.PIPE).stdout
    return told.splitlines()[-1]


# -- in a process of its own, on one of the databases ----------------------------------------------------------------


def child(word: str) -> None:
    """`rebuild` prints its seconds; `pages` opens what it is told; `follow` follows until it is stopped."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    from reports import rollups

    if word == "rebuild":
        begun = time.perf_counter()
        rollups.rebuild()
        print(time.perf_counter() - begun)
    elif word == "follow":
        while True:
            rollups.follow()
            time.sleep(1)
    else:
        _pages()


def _pages() -> None:
    from django.conf import settings
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from members.models import Patron
    from tests import signing_in

    settings.ALLOWED_HOSTS = ["*"]
    # Beyond the numbers that the filling took without asking the sequence.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('members_patron', 'id'), (SELECT max(id) FROM members_patron))"
        )
    who = Patron.objects.create(email="bench@newsroom.example", role="admin")
    browser = signing_in.at_once(who)
    for line in sys.stdin:
        begun = time.perf_counter()
        answer = browser.get(line.strip())
        whole = time.perf_counter() - begun
        assert answer.status_code == 200, (line, answer.status_code)
        with CaptureQueriesContext(connection) as seen:
            browser.get(line.strip())
        asked = [query["sql"].replace("%", "%%") for query in seen.captured_queries if _asks(query["sql"])]
        count, spent = len(seen), list[float]()
        with connection.execute_wrapper(partial(_timed, spent)):
            browser.get(line.strip())
        bare: list[float] = []
        with connection.execute_wrapper(partial(_bare, bare, iter(asked))):
            browser.get(line.strip())
        print(json.dumps([whole, sum(spent), sum(bare), count, sum(map(_blocks, asked))]), flush=True)


def _asks(query: str) -> bool:
    return query.lstrip().startswith(("SELECT", "WITH"))


def _timed(spent: list[float], execute: Any, query: str, *how: Any) -> Any:
    """Notes how long PostgreSQL took, if it was asked for rows."""
    begun = time.perf_counter()
    answer = execute(query, *how)
    if _asks(query):
        spent.append(time.perf_counter() - begun)
    return answer


def _bare(spent: list[float], asked: Iterator[str], execute: Any, query: str, *how: Any) -> Any:
    """Sends the same words past Django, at the moment at which the page asks: in a row they would find all at hand."""
    from django.db import connection

    if _asks(query) and (words := next(asked, "").replace("%%", "%")):
        with connection.connection.cursor() as cursor:
            begun = time.perf_counter()
            cursor.execute(words)
            cursor.fetchall()
            spent.append(time.perf_counter() - begun)
    return execute(query, *how)


def _blocks(query: str) -> int:
    """How many blocks of tables and indexes PostgreSQL looks at for it, cached or not: the same on any machine."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}", [])
        plan = cursor.fetchone()[0][0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


# -- writers ---------------------------------------------------------------------------------------------------------


def written(newsroom: Newsroom, seconds: float, name: str) -> float:
    """Lines a second by eight writers, a commit each."""
    until, counts = time.perf_counter() + seconds, [0] * WRITERS

    def write(place: int) -> None:
        with servers.connect(newsroom.database) as line:
            while time.perf_counter() < until:
                line.execute(LINE, [f"{name}_{place}_{counts[place]}"])
                counts[place] += 1

    threads = [threading.Thread(target=write, args=(place,)) for place in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def upkeep(newsroom: Newsroom, rounds: int, seconds: float) -> tuple[float, float, float]:
    """Plain inserts and inserts while the sums are followed, in turn: medians, and the median of the rounds' ratios."""
    plain, followed = [], []
    for turn in range(rounds):
        plain.append(written(newsroom, seconds, f"plain{turn}"))
        command = [sys.executable, "-W", "ignore", "-m", "bench.reports", "--child", "follow"]
        with servers.process(command, newsroom.env):
            time.sleep(2)  # Django is set up
            followed.append(written(newsroom, seconds, f"followed{turn}"))
    ratios = [two / one for one, two in zip(plain, followed, strict=True)]
    return statistics.median(plain), statistics.median(followed), statistics.median(ratios)


def report(small: Newsroom, large: Newsroom) -> tuple[list[str], list[str]]:
    """A line a page, and what is beyond a limit. Ratios are medians of what was measured one right after the other."""
    told, beyond = [], []
    for page, runs in small.took.items():
        pairs = list(zip(runs[1:], large.took[page][1:], strict=True))
        (a, _sql, _bare, count_a, blocks_a), (b, sql_b, bare_b, count_b, blocks_b) = (
            [statistics.median(column) for column in zip(*found, strict=True)] for found in zip(*pairs, strict=True)
        )
        larger = statistics.median(two[0] / one[0] for one, two in pairs)
        wrapped = statistics.median(two[1] / two[2] for _one, two in pairs)
        name = f"{page.partition('?')[0]} {page.rpartition('=')[2] if '?' in page else ''}".rstrip()
        told.append(
            f"  {name:<33} {a * 1000:6.0f} ms {b * 1000:6.0f} ms  ratio {larger:4.2f}  "
            f"queries {count_a:.0f} and {count_b:.0f}  blocks {blocks_a:.0f} and {blocks_b:.0f}  "
            f"SQL {sql_b * 1000:5.1f} ms, bare {bare_b * 1000:5.1f} ms, ratio {wrapped:4.2f}"
        )
        if larger > LARGER or wrapped > WRAPPED or count_a != count_b:
            beyond.append(name)
    return told, beyond


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, nargs=2, default=[1_000_000, 10_000_000])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child)
        return
    print(f"load on this machine: {', '.join(f'{load:.1f}' for load in os.getloadavg())} on {os.cpu_count()} cores")
    newsrooms: Any = [made(lines) for lines in options.lines]
    month = time.strftime("%Y-%m", time.gmtime(time.time() - 40 * 86400))
    try:
        for _ in range(options.rounds + 1):
            for page in PAGES:
                for newsroom in newsrooms:
                    newsroom.open(page.format(month=month))
        small, large = newsrooms
        print(f"{small.lines:,} and {large.lines:,} lines:")
        told, beyond = report(small, large)
        print("\n".join(told))
        for newsroom in newsrooms:
            print(
                f"rebuild of {newsroom.lines:,} lines: {newsroom.filled:.1f} s, "
                f"{newsroom.lines / newsroom.filled:,.0f} lines/s"
            )
        plain, followed, ratio = upkeep(small, 3, options.seconds)
        print(f"eight writers: {plain:,.0f} lines/s alone, {followed:,.0f} followed; ratio {ratio:.2f}")
        print(f"beyond a limit: {', '.join(beyond + ['writing'] * (ratio < FOLLOWED)) or 'nothing'}")
    finally:
        for newsroom in newsrooms:
            newsroom.pages.kill()
            newsroom.pages.wait()


if __name__ == "__main__":
    main()
