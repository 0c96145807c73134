"""Real worker and beat processes: what a restart of Redis, a second beat and an orderly end do to them. Nothing."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bench import stripe_objects as stripe
from config.celery import app
from letters.models import Letter
from members.models import Patron
from newsroom import clock
from payments.models import Donation, LedgerEntry, StripeEvent
from tests.conftest import RedisServer, WorldDatabase
from tests.storm import weather

pytestmark = [pytest.mark.storm, pytest.mark.redis, pytest.mark.database]


def store(name: str, aggregate: str = "nobody") -> None:
    """An event in the inbox; one about nobody is applied by looking at it."""
    StripeEvent.objects.create(
        event_id=name, type="payout.paid", livemode=False, aggregate=aggregate, body=b"{}", created_at=clock.now()
    )


def ring(redis: RedisServer, task: str = "payments.apply_events") -> None:
    """Once. What comes of it comes of this one message."""
    with app.connection_for_write(redis.url) as line:
        app.send_task(task, connection=line)


def is_applied(name: str) -> Callable[[], bool]:
    return lambda: StripeEvent.objects.filter(event_id=name, state="applied").exists()


def test_worker_is_not_deaf_after_redis_was_restarted(
    world_db: WorldDatabase, redis_server: RedisServer, tmp_path: Path
) -> None:
    worker = weather.worker("config", world_db.environment(REDIS_URL=redis_server.url), tmp_path)
    with weather.running(worker):
        store("before")
        ring(redis_server)
        weather.wait_until(is_applied("before"), "the worker never worked", 60)
        redis_server.kill()
        redis_server.start()
        store("after")
        ring(redis_server)
        weather.wait_until(is_applied("after"), "the worker is deaf", 180)
        assert worker.process
        assert worker.process.poll() is None


def test_two_beats_have_the_effect_of_one(world_db: WorldDatabase, redis_server: RedisServer, tmp_path: Path) -> None:
    soon = clock.today() + timedelta(days=10)
    for number in range(10):
        patron = Patron.objects.for_email(f"reader{number}@example.org", language="en")
        Donation.objects.create(
            interval="monthly", amount_minor=500, currency="EUR", patron=patron, state="live",
            subscription=f"sub_{number}", subscription_status="active", card_brand="visa", card_last4="4242",
            card_expires_on=soon, period_end=clock.now() + timedelta(days=20),
        )  # fmt: skip
        store(f"evt_{number}", f"nobody {number}")
    env = world_db.environment(REDIS_URL=redis_server.url, EMAIL_URL="dummymail://")
    worker = weather.worker("tests.storm.hasty:app", env, tmp_path)
    worker.command[worker.command.index("WARNING")] = "INFO"
    beats = [weather.beat(env, tmp_path, f"beat{number}") for number in range(2)]
    for beat in beats:
        beat.command[beat.command.index("config")] = "tests.storm.hasty:app"

    with weather.running(worker, *beats):
        weather.wait_until(
            lambda: all(ran(worker.log, task) >= 6 for task in ("letters.send_due", "payments.write_reminders")),
            "the jobs did not run six times", 90,
        )  # fmt: skip
        weather.wait_until(lambda: Letter.objects.filter(state="sent").count() == 10, "letters wait", 30)
    assert [letter.attempts for letter in Letter.objects.all()] == [1] * 10
    assert set(StripeEvent.objects.values_list("state", "attempts")) == {("applied", 1)}


def ran(log: Path, task: str) -> int:
    """How often a task has run to its end, by the worker's own log."""
    lines = log.read_text().splitlines()
    return sum(f"Task {task}[" in line and " succeeded " in line for line in lines)


@contextmanager
def slow_stripe(payout: stripe.Json, reached: threading.Event, answer: threading.Event) -> Iterator[str]:
    """Says that it was asked, and answers when it is bid."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reached.set()
            answer.wait(60)
            body = json.dumps(payout).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        answer.set()
        server.shutdown()
        server.server_close()
        thread.join()


def test_worker_asked_to_end_finishes_what_it_does(
    world_db: WorldDatabase, redis_server: RedisServer, tmp_path: Path
) -> None:
    now = int(clock.now().timestamp())
    moved = stripe.movement("1", "payout", amount=-500, fee=0, currency="EUR", at=now)
    payout = {
        "id": "po_1", "object": "payout", "amount": 500, "currency": "eur", "status": "paid", "arrival_date": now,
        "created": now, "balance_transaction": moved, "failure_balance_transaction": None,
    }  # fmt: skip
    reached, answer = threading.Event(), threading.Event()
    with slow_stripe(payout, reached, answer) as address:
        env = world_db.environment(REDIS_URL=redis_server.url, STRIPE_API_BASE=address)
        worker = weather.worker("config", env, tmp_path)
        with weather.running(worker):
            store("evt_1", "po_1")
            ring(redis_server)
            assert reached.wait(60)
            assert worker.process
            worker.process.terminate()
            weather.wait_until(lambda: "Warm shutdown" in worker.log.read_text(), "the worker did not hear", 20)
            assert worker.process.poll() is None
            assert not is_applied("evt_1")()
            answer.set()
            assert worker.stop() == 0
    assert is_applied("evt_1")()
    assert list(LedgerEntry.objects.values_list("kind", "amount_minor")) == [("payout", -500)]
