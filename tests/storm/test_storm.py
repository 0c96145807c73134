"""Three thousand events, three copies of each, and everything that can die, dying. Nothing is lost, nothing doubled."""

import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from bench import servers, stand_in
from config import books
from letters.models import Letter
from members.models import Membership
from newsroom.models import Newsroom
from payments import gateway
from payments.models import Donation, LedgerEntry, Payment, Receipt, StripeEvent
from tests.conftest import RedisServer, WorldDatabase
from tests.storm import history, model, weather

pytestmark = [pytest.mark.storm, pytest.mark.redis, pytest.mark.database]

SEED = int(os.environ.get("HROMADA_STORM_SEED", "20261123"))
EVENTS = int(os.environ.get("HROMADA_STORM_EVENTS", "3000"))


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[dict[str, object]], None]:
    """Says how it went, in one line that is shown whether the test passes or not."""

    def say(facts: dict[str, object]) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{json.dumps(facts)}\n")

    return say


@pytest.fixture
def count(world_db: WorldDatabase) -> Iterator[Callable[[str], int]]:
    """Counts rows, over a connection that no other thread uses."""
    with servers.connect(world_db.url) as rows:

        def ask(what: str) -> int:
            found = rows.execute(f"SELECT count(*) FROM {what}").fetchone()
            return found[0] if found else 0

        yield ask


def begin(story: history.History) -> None:
    """Our own rows, as `checkout.begin` leaves them."""
    Newsroom.objects.update(finance_email="finance@example.org")
    Donation.objects.bulk_create(
        Donation(
            reference=giver.reference, interval="monthly" if giver.is_monthly else "once", amount_minor=giver.amount,
            currency=giver.currency, checkout_session=f"cs_{giver.name}", browser=giver.name,
            language="uk" if giver.number % 3 else "en",
        )
        for giver in story.givers
    )  # fmt: skip


def ledger() -> Counter[model.Line]:
    """The book as it stands."""
    fields = ("payment__donation__reference", "balance_transaction", "kind", "amount_minor", "currency", "seen_minor")
    rows = LedgerEntry.objects.values_list(*fields, "seen_currency")
    return Counter(model.Line(str(reference), *rest) for reference, *rest in rows)


def test_storm_loses_nothing_and_doubles_nothing(
    world_db: WorldDatabase,
    redis_server: RedisServer,
    count: Callable[[str], int],
    tell: Callable[[dict[str, object]], None],
    settings: Settings,
    tmp_path: Path,
) -> None:
    story = history.make(SEED, EVENTS, int(time.time()))
    begin(story)
    answers: stand_in.Answers = {}
    stand_in.put(answers, "/v1/events", {"data": [], "has_more": False})
    with stand_in.listening(answers) as stripe:
        env = world_db.environment(REDIS_URL=redis_server.url, STRIPE_API_BASE=stripe, EMAIL_URL="dummymail://")
        port, web = weather.web("config.wsgi:application", env, tmp_path)
        workers = weather.worker("config", env, tmp_path)
        faults = weather.Faults(
            random.Random(SEED), redis_server, workers,
            lambda: count("payments_stripeevent WHERE state = 'applied'"), kills=8, flushes=6, restarts=2,
        )  # fmt: skip
        sender = weather.Sender(port, answers)
        begun = time.monotonic()
        with weather.running(web, workers, weather.beat(env, tmp_path)):
            servers.await_port(port)
            faults.start()
            sender.send(story.deliveries)
            faults.join(240)
            assert faults.error is None, faults.error
            assert faults.made == {"kill": 8, "flush": 6, "restart": 2}
            over = time.monotonic()
            weather.wait_until(lambda: not count("payments_stripeevent WHERE state = 'pending'"), "events wait", 180)
            drained = time.monotonic() - over
        found, wanted = ledger(), Counter(line for payment in story.payments for line in model.lines(payment))
        tell({
            "test": "storm", "seed": SEED, "events": len(story.event_ids), "deliveries": len(story.deliveries),
            "answers": dict(sender.statuses), "faults": dict(faults.made), "seconds": round(time.monotonic() - begun),
            "drained_after": round(drained), "lines": found.total(), "lost": (wanted - found).total(),
            "doubled_or_wrong": (found - wanted).total(), "load": os.getloadavg()[0],
        })  # fmt: skip
        assert found == wanted
        inbox = Counter(StripeEvent.objects.values_list("state", flat=True))
        assert inbox == {"applied": len(story.event_ids)}
        assert set(StripeEvent.objects.values_list("event_id", flat=True)) == story.event_ids
        check_receipts_and_letters(story)
        settings.STRIPE_API_BASE = stripe
        balance = [{"currency": key.lower(), "amount": sum_} for key, sum_ in model.balances(story.payments).items()]
        stand_in.put(answers, "/v1/balance", {"available": balance, "pending": []})
        for path, thing in story.closing_answers.items():
            stand_in.put(answers, path, thing)
        gateway.forget_client()
        proof = books.prove()
        gateway.forget_client()
        assert [check for check in proof["checks"] if not check["ok"]] == []


def check_receipts_and_letters(story: history.History) -> None:
    """One receipt a payment, numbered without a gap; each letter that is owed is there; one membership a patron."""
    assert Payment.objects.filter(state="succeeded").count() == len(story.payments)
    assert set(Payment.objects.values_list("payment_intent", flat=True)) == {f"pi_{one.name}" for one in story.payments}
    for year in set(Receipt.objects.values_list("year", flat=True)):
        numbers = sorted(Receipt.objects.filter(year=year).values_list("number", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))
    assert Receipt.objects.count() == len(story.payments)
    monthly = [giver for giver in story.givers if giver.is_monthly]
    assert Membership.objects.count() == len(monthly)
    letters = Counter(Letter.objects.values_list("occasion", flat=True))
    assert letters["receipt"] == len(story.payments)
    assert letters["welcome"] == len(monthly)
    assert letters["refunded"] == sum(len(payment.refunds) for payment in story.payments)


def test_control_the_naive_way_loses_or_doubles(
    world_db: WorldDatabase,
    redis_server: RedisServer,
    count: Callable[[str], int],
    tell: Callable[[dict[str, object]], None],
    tmp_path: Path,
) -> None:
    """The same weather, a tenth of it, over an inbox that is none."""
    story = history.make(SEED, EVENTS // 10, int(time.time()))
    with servers.connect(world_db.url) as rows:
        rows.execute("CREATE TABLE naive_seen (event_id text)")
        rows.execute("CREATE TABLE naive_total (currency text PRIMARY KEY, minor bigint NOT NULL)")
    env = world_db.environment(REDIS_URL=redis_server.url)
    port, web = weather.web("tests.storm.naive:application", env, tmp_path)
    workers = weather.worker("tests.storm.naive:app", env, tmp_path)
    faults = weather.Faults(
        random.Random(SEED), redis_server, workers, lambda: count("naive_seen"), kills=2, flushes=3, restarts=1
    )
    sender = weather.Sender(port)
    with weather.running(web, workers):
        servers.await_port(port)
        faults.start()
        sender.send(story.deliveries)
        faults.join(120)
        assert faults.error is None, faults.error
        before = -1
        while before != (before := count("naive_seen")):
            time.sleep(3)
    with servers.connect(world_db.url) as rows:
        found: dict[str, int] = dict(rows.execute("SELECT currency, minor FROM naive_total").fetchall())  # type: ignore[arg-type]
        seen = Counter(str(name) for (name,) in rows.execute("SELECT event_id FROM naive_seen").fetchall())
    wanted = model.kept(story.payments)
    lost, doubled = len(story.event_ids - set(seen)), sum(times > 1 for times in seen.values())
    tell({
        "test": "storm, naive control", "seed": SEED, "events": len(story.event_ids), "faults": dict(faults.made),
        "lost": lost, "doubled": doubled, "wanted": wanted, "found": found,
    })  # fmt: skip
    assert lost or doubled
    assert found != wanted
