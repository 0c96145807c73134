"""Every page of figures in a small and a large newsroom, the price of following the book, and how fast it is read anew.

python -m bench.reports [--lines 1000000 10000000] [--rounds 9] [--seconds 4]

Two newsrooms that differ only in how many give: the same months, days and currencies, and the same shares of what is
rare. Each page is opened in turn in the one and in the other; printed are medians, their ratio, the number of queries,
the blocks that PostgreSQL looks at, and the SQL of the page against the same queries sent bare. Then eight writers add
lines, in turn with nobody following and with the follower at work.
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
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import psycopg
from psycopg import sql

from bench import servers
from config import laptop

MONTHS = 36
PAGES = [
    "/reports/", "/reports/retention/", "/reports/failed/", "/reports/origins/",
    "/reports/participation/", "/reports/close/",
    "/reports/close/differences/", "/reports/health/", "/reports/rows/movements/?month={month}&currency=EUR&kind=new",
    "/reports/rows/lines/?first={month}-01&last={month}-28&currency=EUR&kind=payment",
    "/reports/rows/lines/?first={month}-01&last={month}-28&currency=EUR&kind=adjustment", "/reports/payments/",
]  # fmt: skip
WRITERS = 8
# Filled while they have no indexes but the unique ones.
TABLES = ("members_membership", "members_membershipchange", "payments_donation", "payments_payment",
          "payments_ledgerentry")  # fmt: skip
# A giver for each month's payment and its fee; who joined later paid less often, so half of the months on average. What
# is rare is made of every so-manieth of them; the history does not tell of it, so the sums are as without it.
FILL = """
SET session_replication_role = replica;
SET maintenance_work_mem = '512MB';
INSERT INTO members_patron (id, email, name, language, role, is_active, session_nonce)
SELECT n, 'p' || n || '@example.org', '', 'en', '', true, '' FROM generate_series(1, {givers}) n;
INSERT INTO members_membership (id, patron_id, source, amount_minor, currency, interval_months, monthly_minor,
    first_paid_at, paid_through, end_reason, failing_since, paused_at, ended_at)
SELECT n, n, 'recurring', 500 + n % 7, (ARRAY['EUR', 'USD', 'UAH'])[1 + n / {months} % 3], 1, 500 + n % 7,
    date_trunc('month', now()) - (n % {months}) * interval '1 month' + (n % 27) * interval '1 day', '2099-01-01',
    CASE n % 20 WHEN 3 THEN 'lapsed' ELSE '' END, CASE n % 40 WHEN 5 THEN now() - interval '3 days' END,
    CASE n % 60 WHEN 7 THEN now() - interval '9 days' END, CASE n % 20 WHEN 3 THEN now() - interval '9 days' END
FROM generate_series(1, {givers}) n;
INSERT INTO members_membershipchange (membership_id, kind, before, after, occurred_at)
SELECT m.id, 'joined', '{{}}', jsonb_build_object('amount_minor', m.amount_minor, 'currency', m.currency,
    'interval_months', 1, 'monthly_minor', m.monthly_minor, 'paid_through', m.paid_through, 'failing_since', null,
    'paused_at', null, 'leaves_at', null, 'ended_at', null, 'end_reason', '', 'forfeited_at', null), m.first_paid_at
FROM members_membership m ORDER BY m.id;
INSERT INTO payments_donation (id, reference, interval, every_months, amount_minor, fee_cover_minor, currency, email,
    name, display, shown_as, message, language, patron_id, membership_id, state, browser, attempt, checkout_url,
    customer, subscription, subscription_status, stripe_end_reason, method, card_brand, card_last4, is_second, lives_on,
    giver)
SELECT m.id, gen_random_uuid(), 'monthly', 0, m.amount_minor, 0, m.currency, '', '', 'anonymous', '', '', 'en', m.id,
    m.id, 'live', '', 1, '', '', 'sub_' || m.id,
    CASE WHEN m.id % 20 = 3 AND m.id % 400 <> 3 THEN 'canceled' ELSE 'active' END, '', 'card', 'visa', '4242',
    m.id % 300 = 9, m.id % 400 = 3, 'reader'
FROM members_membership m;
CREATE TEMPORARY TABLE paid AS
SELECT *, CASE id % 500 WHEN 2 THEN 'offline' ELSE 'stripe' END AS source, id % 5000 <> 4 AS is_booked FROM (
    SELECT row_number() OVER () AS id, m.id AS giver, m.amount_minor, m.currency,
        m.first_paid_at + k * interval '1 month' AS at
    FROM members_membership m, generate_series(0, {months}) k WHERE m.first_paid_at + k * interval '1 month' < now()
) numbered;
INSERT INTO payments_payment (id, donation_id, source, payment_intent, charge, reference, amount_minor, currency, state,
    refunded_minor, disputed_minor, method, card_brand, card_last4, failure_code, display, shown_as, paid_at,
    created_at, is_booked)
SELECT id, giver, source, CASE source WHEN 'stripe' THEN 'pi_' || id END,
    CASE source WHEN 'stripe' THEN 'ch_' || id END, CASE source WHEN 'offline' THEN 'bank ' || id END, amount_minor,
    currency, 'succeeded', 0, 0, 'card', 'visa', '4242', '', '', '', at, at, is_booked
FROM paid;
INSERT INTO payments_refund (stripe_id, payment_id, amount_minor, currency, status, failure_reason, created_at)
SELECT 're_' || id, id, 100, currency, CASE id % 5000 WHEN 1 THEN 'pending' ELSE 'succeeded' END, '', at FROM paid
WHERE id % 100 = 1;
INSERT INTO payments_ledgerentry (source, kind, balance_transaction, reference, payment_id, amount_minor, currency,
    seen_minor, seen_currency, occurred_at, note)
SELECT source, 'payment', CASE source WHEN 'stripe' THEN 'txn_' || id END,
    CASE source WHEN 'offline' THEN 'bank ' || id END, id, amount_minor, currency, amount_minor, currency, at, ''
FROM paid WHERE is_booked
UNION ALL SELECT 'stripe', 'fee', 'txn_' || id, NULL, id, -44, currency, NULL, '', at, ''
FROM paid WHERE is_booked AND source = 'stripe'
UNION ALL SELECT 'stripe', 'adjustment', 'txn_other_' || id, NULL, NULL, -9, currency, NULL, '', at, ''
FROM paid WHERE id % 25 = 6;
"""
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
        with _without_indexes(rows):
            rows.execute(FILL.format(givers=givers, months=MONTHS))
        rows.execute("VACUUM ANALYZE")
        found = rows.execute("SELECT count(*) FROM payments_ledgerentry").fetchone()
        seconds = float(_speak(env, "rebuild"))
        rows.execute("VACUUM ANALYZE")
    child = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "bench.reports", "--child", "pages"], cwd=servers.ROOT, env=env,
        text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return Newsroom(found[0] if found else 0, database, env, child, seconds)


@contextmanager
def _without_indexes(rows: "psycopg.Connection[tuple[Any, ...]]") -> Iterator[None]:
    """Those that hold no constraint, gone in the block and made again at its end: many times quicker."""
    found = rows.execute(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i "
        "WHERE i.indrelid = ANY(%s::regclass[]) AND NOT i.indisunique",
        [list(TABLES)],
    ).fetchall()
    for name, _definition in found:
        rows.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    yield
    for _name, definition in found:
        rows.execute(definition)


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
        asked = [
            query["sql"].replace("%", "%%")
            for query in seen.captured_queries
            if query["sql"].lstrip().startswith(("SELECT", "WITH"))
        ]
        spent: list[float] = []
        with connection.execute_wrapper(partial(_timed, spent)):
            browser.get(line.strip())
        begun = time.perf_counter()
        with connection.cursor() as cursor:
            for query in asked:
                cursor.execute(query, [])
                cursor.fetchall()
        bare = time.perf_counter() - begun
        print(json.dumps([whole, sum(spent), bare, len(seen), sum(map(_blocks, asked))]), flush=True)


def _timed(spent: list[float], execute: Any, query: str, *how: Any) -> Any:
    """Notes how long PostgreSQL took, if it was asked for rows."""
    begun = time.perf_counter()
    answer = execute(query, *how)
    if query.lstrip().startswith(("SELECT", "WITH")):
        spent.append(time.perf_counter() - begun)
    return answer


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


def report(small: Newsroom, large: Newsroom) -> list[str]:
    """A line a page."""
    told = []
    for page, runs in small.took.items():
        (a, _sql, _bare, count_a, blocks_a), (b, sql_b, bare_b, count_b, blocks_b) = (
            [statistics.median(column) for column in zip(*found[1:], strict=True)] for found in (runs, large.took[page])
        )
        name = f"{page.partition('?')[0]} {page.rpartition('kind=')[2] if '?' in page else ''}"
        told.append(
            f"  {name:<33} {a * 1000:6.0f} ms {b * 1000:6.0f} ms  ratio {b / a:4.2f}  "
            f"queries {count_a:.0f} and {count_b:.0f}  blocks {blocks_a:.0f} and {blocks_b:.0f}  "
            f"SQL {sql_b * 1000:5.1f} ms, bare {bare_b * 1000:5.1f} ms"
        )
    return told


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
        print("\n".join(report(small, large)))
        for newsroom in newsrooms:
            print(
                f"rebuild of {newsroom.lines:,} lines: {newsroom.filled:.1f} s, "
                f"{newsroom.lines / newsroom.filled:,.0f} lines/s"
            )
        plain, followed, ratio = upkeep(small, 3, options.seconds)
        print(f"eight writers: {plain:,.0f} lines/s alone, {followed:,.0f} followed; ratio {ratio:.2f}")
    finally:
        for newsroom in newsrooms:
            newsroom.pages.kill()
            newsroom.pages.wait()


if __name__ == "__main__":
    main()
