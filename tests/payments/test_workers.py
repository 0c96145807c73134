"""Workers and senders as processes: two at once, one that dies in the middle, one that nobody rings for."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from django.conf import settings as configured
from django.db import connection, transaction
from pytest_django import Settings

from payments import gateway, operations, stripe_events, wishes
from payments.models import Donation, Operation, Payment, Refund, StripeEvent
from sandbox import delivery
from sandbox.models import Thing
from tests.conftest import WorldDatabase
from tests.journeys.conftest import World
from tests.payments import histories
from tests.payments.histories import is_as_predicted, mixed, outcome, post
from tests.payments.test_machines_away import served
from tests.payments.wire import Wire

pytestmark = pytest.mark.database

# Sends what is due and is killed (SIGKILL) before its n-th statement.
SENDER = """
import os, signal, sys
import django
django.setup()
from django.db import connection
from payments import operations
left = int(sys.argv[1])
def die(execute, *args):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return execute(*args)
with connection.execute_wrapper(die):
    operations.run_due()
"""


@pytest.fixture
def alone(story: World, world_db: WorldDatabase) -> dict[str, str]:
    """The environment of a process that works in this world."""
    return world_db.environment(
        STRIPE_API_BASE=story.sandbox.url, SITE_URL=story.url, DJANGO_SETTINGS_MODULE="config.settings"
    )


def run(env: dict[str, str], *words: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, *words], cwd=configured.BASE_DIR, env=env, stdout=subprocess.DEVNULL)


# -- two at once -------------------------------------------------------------------------------------------------------


def test_three_workers_at_once_leave_the_books_of_one(story: World, alone: dict[str, str]) -> None:
    givers = histories.tell(story, ["has it all", "gets a part back", "disputes and loses"] * 2)
    for number, giver in enumerate(givers):
        for event in mixed(giver.events, number):
            post(event)
    workers = [run(alone, "manage.py", "drain") for _ in range(3)]
    assert [worker.wait(120) for worker in workers] == [0, 0, 0]
    histories.apply_all(story)
    for giver in givers:
        assert outcome(giver) == outcome(givers[[one.name for one in givers].index(giver.name)])
        is_as_predicted(giver)
    story.prove(*(giver.model for giver in givers))


# -- nobody rings ------------------------------------------------------------------------------------------------------


def test_what_was_heard_without_redis_is_applied_without_celery(
    story: World, world_db: WorldDatabase, alone: dict[str, str]
) -> None:
    giver = histories.tell(story, ["stays"])[0]
    with served(world_db, REDIS_URL="redis://127.0.0.1:9/0", STRIPE_WEBHOOK_SECRET=secret()) as door:
        for event in giver.events:
            assert deliver(door, json.dumps(event).encode()) == 200
    assert not Payment.objects.exists()
    for _ in range(3):
        assert run(alone, "manage.py", "drain").wait(60) == 0
        story.sandbox.post("clock", advance=60)
    is_as_predicted(giver)
    story.prove(giver.model)


def secret() -> str:
    """Of the sandbox's endpoint, which is another in each world."""
    return str(configured.STRIPE_WEBHOOK_SECRETS[0])


def deliver(door: str, body: bytes) -> int:
    signature = delivery.sign(body, secret(), int(time.time()))
    return requests.post(door, body, headers={"Stripe-Signature": signature}, timeout=60).status_code


def test_event_whose_connection_is_cut_while_it_is_written_is_not_acknowledged(
    story: World, world_db: WorldDatabase
) -> None:
    giver = histories.tell(story, ["gives once"])[0]
    body = json.dumps(giver.events[0]).encode()
    statuses: list[int] = []
    with served(world_db, REDIS_URL="memory://", STRIPE_WEBHOOK_SECRET=secret()) as door:
        writer = threading.Thread(target=lambda: statuses.append(deliver(door, body)))
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE payments_stripeevent IN ACCESS EXCLUSIVE MODE")
            writer.start()
            for _ in range(600):
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks"
                    " WHERE NOT granted AND relation = 'payments_stripeevent'::regclass"
                )
                if cursor.fetchall():
                    break
                writer.join(0.05)
            writer.join()
        assert statuses
        assert statuses[0] >= 500
        assert not StripeEvent.objects.exists()
        assert deliver(door, body) == 200
    assert StripeEvent.objects.count() == 1


# -- a sender dies -----------------------------------------------------------------------------------------------------


def test_sender_killed_at_any_statement_refunds_each_wish_once(story: World, alone: dict[str, str]) -> None:
    donation = story.reader().give(interval="once", amount="25")
    given = story.model.gives(2500)
    payment = donation.payments.get()
    killed = []
    for number in range(1, 8):
        params = {"payment_intent": payment.payment_intent, "amount": 100 + number}
        operations.store("refund", f"refund:{number}", "/v1/refunds", params, payment=payment, donation=donation)
        given.refunded(100 + number)
        killed.append(run(alone, "-c", SENDER, str(number)).wait(60) == -signal.SIGKILL)
        story.sandbox.post("clock", advance=180)
        operations.run_due()
        assert Operation.objects.get(key=f"refund:{number}").state == "done"
    assert killed[:5] == [True] * 5
    story.settle()
    assert sorted(Refund.objects.values_list("amount_minor", flat=True)) == [100 + number for number in range(1, 8)]
    story.prove()


# -- answers to a leaving patron are lost ------------------------------------------------------------------------------


@pytest.fixture
def wire(story: World, settings: Settings) -> Iterator[Wire]:
    with Wire(story.sandbox.url) as wire:
        settings.STRIPE_API_BASE = wire.url
        gateway.forget_client()
        yield wire


@contextmanager
def lost(wire: Wire, method: str) -> Iterator[None]:
    """Stripe does what it is asked by this method, and its answers never arrive."""
    wire.loses = lambda used, _path: used == method
    yield
    wire.loses = lambda _used, _path: False


def told(event_type: str) -> int:
    return Thing.objects.filter(kind="event", body__type=event_type).count()


def test_lost_answer_to_leaving_with_the_period_is_made_good_with_the_same_key(story: World, wire: Wire) -> None:
    donation = story.reader().give()
    gift = story.model.joins(500)
    with lost(wire, "POST"), pytest.raises(gateway.Unavailable):
        wishes.cancel_at_period_end(donation, key="leave")
    gift.leaves_with_the_period()
    story.leap(minutes=10)
    keys = wire.keys(f"/v1/subscriptions/{donation.subscription}")
    assert len(keys) > 1
    assert len(set(keys)) == 1
    assert Operation.objects.get(kind="cancel").state == "done"
    leaves_at = Donation.objects.get().cancels_at
    assert leaves_at
    assert gift.leaves_at
    assert leaves_at.date() == gift.leaves_at.date()
    story.prove()


def test_lost_answer_to_ending_at_once_ends_it_once(story: World, wire: Wire) -> None:
    donation = story.reader().give()
    gift = story.model.joins(500)
    with lost(wire, "DELETE"), pytest.raises(gateway.Unavailable):
        wishes.cancel_now(donation)
    gift.ends()
    assert wishes.cancel_now(donation).state == "ended"
    assert wishes.cancel_now(donation).state == "ended"
    story.leap(minutes=10)
    assert told("customer.subscription.deleted") == 1
    assert story.letters().count("cancelled") == 1
    story.prove()


# -- whatever waits, waits ever longer ---------------------------------------------------------------------------------


def test_stripe_is_asked_ever_more_rarely_while_it_is_away(story: World, wire: Wire) -> None:
    giver = histories.tell(story, ["gives once"])[0]
    post(next(event for event in giver.events if event["type"] == "payment_intent.succeeded"))
    wire.is_cut, wire.calls = True, []
    for _ in range(180):
        stripe_events.apply_due()
        story.sandbox.post("clock", advance=60)
    tries = len([call for call in wire.calls if call[1] == f"/v1/payment_intents/{giver.intent}"])
    assert 10 < tries < 3 * 40, "three requests a look; the pauses grow to ten minutes"
    wire.is_cut = False
    story.sandbox.post("clock", advance=15 * 60)
    assert stripe_events.apply_due() == 1
    assert Payment.objects.exists()


def test_event_that_kills_its_worker_is_put_aside_after_a_day(story: World, alone: dict[str, str]) -> None:
    giver = histories.tell(story, ["gives once"])[0]
    post(next(event for event in giver.events if event["type"] == "payment_intent.succeeded"))
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.payments.mortal"], cwd=configured.BASE_DIR, env=alone, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert worker.stdin
    assert worker.stdout
    ends = []
    for _ in range(16):
        worker.stdin.write("150\n")  # a line at which the attempt is counted and nothing is written yet
        worker.stdin.flush()
        ends.append(json.loads(worker.stdout.readline())[0])
        story.sandbox.post("clock", advance=7200)
    worker.stdin.close()
    worker.wait()
    row = StripeEvent.objects.get()
    assert (row.state, row.attempts) == ("dead", ends.count("killed"))
    assert ends[:10] == ["killed"] * 10
    assert ends[-1] == "done"
    stripe_events.revive([row.pk])
    assert stripe_events.apply_due() == 1
    assert Payment.objects.get().state == "succeeded"
