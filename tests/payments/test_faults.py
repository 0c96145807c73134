"""Stripe loses answers, goes away, forgets to tell; an event cannot be applied; a worker is killed: nothing is lost."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from pytest_django import Settings

from money.money import Money
from newsroom import clock
from payments import reconciliation, refunds, stripe_events, wishes
from payments.gateway import Unavailable, forget_client
from payments.models import Difference, Donation, Operation, Payment, Refund, StripeEvent, Watermark
from payments.models.inbox import EventState
from sandbox import store
from sandbox.models import Thing
from tests.conftest import WorldDatabase
from tests.journeys.conftest import World
from tests.payments import histories
from tests.payments.histories import Giver, is_as_predicted, mixed, outcome, post
from tests.payments.wire import Wire

pytestmark = pytest.mark.database


@pytest.fixture
def wire(story: World, settings: Settings) -> Iterator[Wire]:
    """The product speaks with Stripe over this wire; webhooks and people go their own ways."""
    with Wire(story.sandbox.url) as wire:
        settings.STRIPE_API_BASE = wire.url
        forget_client()
        yield wire


def things(kind: str) -> int:
    return Thing.objects.filter(kind=kind).count()


# -- Stripe did it, and its answer was lost ----------------------------------------------------------------------------


def test_lost_answer_to_a_checkout_leaves_one_session_and_one_key(story: World, wire: Wire) -> None:
    reader = story.reader()
    reader.form()
    wire.loses = lambda method, path: (method, path) == ("POST", "/v1/checkout/sessions")
    assert reader.send(amount="5").status_code == 503
    wire.loses = lambda _method, _path: False
    url = reader.start(amount="5")
    assert things("checkout.session") == 1
    assert len(wire.keys("/v1/checkout/sessions")) > 1
    assert len(set(wire.keys("/v1/checkout/sessions"))) == 1
    reader.pay(url)
    story.settle()
    story.model.joins(500)
    story.prove()


def test_lost_answer_is_followed_by_another_choice_and_still_one_session_is_open(story: World, wire: Wire) -> None:
    reader = story.reader()
    reader.form()
    wire.loses = lambda method, path: (method, path) == ("POST", "/v1/checkout/sessions")
    assert reader.send(amount="5").status_code == 503
    wire.loses = lambda _method, _path: False
    url = reader.start(amount="9")
    assert things("checkout.session") == 2
    assert Thing.objects.filter(kind="checkout.session", body__status="open").count() == 1
    reader.pay(url)
    story.settle()
    story.model.joins(900)
    story.prove()


def test_lost_answers_to_refund_and_raise_are_made_good_with_the_same_keys(story: World, wire: Wire) -> None:
    donation = story.reader().give()
    told = story.model.joins(500)
    wire.loses = lambda method, _path: method == "POST"
    refunds.issue(donation.payments.get(), Money(200, "EUR"), key="wish")
    refunds.issue(donation.payments.get(), Money(200, "EUR"), key="wish")
    with pytest.raises(Unavailable):
        wishes.raise_to(donation, Money(800, "EUR"), key="wish")
    assert Operation.objects.filter(state="pending").count() == 2
    wire.loses = lambda _method, _path: False
    story.leap(minutes=10)
    told.paid[0][0].refunded(200)
    told.changes(800)
    assert (things("refund"), Refund.objects.count()) == (1, 1)
    assert len(set(wire.keys("/v1/refunds"))) == 1
    assert Donation.objects.get().amount_minor == 800
    story.leap(days=33)
    assert not Operation.objects.filter(state="pending").exists()
    story.prove()


def test_answers_lost_by_the_hundred_change_nothing(story: World) -> None:
    story.sandbox.post("chaos", lose_answer=1.0, seed=7)
    donation = story.reader().give()
    told = story.model.joins(500)
    refunds.issue(donation.payments.get(), Money(200, "EUR"), key="wish")
    told.paid[0][0].refunded(200)
    story.settle()
    story.sandbox.post("chaos", lose_answer=0)
    assert (things("checkout.session"), things("refund"), things("subscription")) == (1, 1, 1)
    story.prove()


# -- Stripe is away ----------------------------------------------------------------------------------------------------


def test_events_wait_for_hours_while_stripe_is_away_and_do_not_die(story: World, wire: Wire) -> None:
    reader = story.reader()
    url = reader.start(amount="5")
    reader.pay(url)
    wire.is_cut = True
    story.sandbox.post("tick")
    for _ in range(14):
        stripe_events.apply_due()
        story.sandbox.post("clock", advance=1800)
        story.sandbox.post("tick")
    assert StripeEvent.objects.pending().count() > 4
    assert not StripeEvent.objects.dead().exists()
    assert story.reader().send(amount="7", email="other@example.org").status_code == 503
    wire.is_cut = False
    story.model.joins(500)
    story.leap(minutes=30)
    assert not StripeEvent.objects.pending().exists()
    assert story.prove()["memberships"]["active"] == 1


# -- an event that cannot be applied -----------------------------------------------------------------------------------


def test_event_that_cannot_be_applied_dies_after_ten_attempts_alone_and_can_be_revived(story: World) -> None:
    donation = story.reader().give()
    told = story.model.joins(500)
    item = story.sandbox.client.v1.subscriptions.retrieve(donation.subscription)["items"].data[0]
    price: dict[str, Any] = {"currency": "eur", "product": "hromada_support", "unit_amount": 500}

    def every(unit: str) -> None:
        recurring = {"interval": unit, "interval_count": 1}
        params = {
            "items": [{"id": item.id, "price_data": price | {"recurring": recurring}}], "proration_behavior": "none",
        }  # fmt: skip
        story.sandbox.client.v1.subscriptions.update(donation.subscription, params)

    every("week")  # a rhythm that is not followed
    told.changes(500, months=3)  # charged at once, as for any other one; nothing more falls due in these hours
    for _ in range(12):
        story.sandbox.post("tick")
        stripe_events.apply_due()
        story.sandbox.post("clock", advance=2 * 3600)
    dead = StripeEvent.objects.dead()
    assert dead.exists()
    assert set(dead.values_list("attempts", flat=True)) == {10}
    assert all("charged by the week" in event.error for event in dead.filter(aggregate=donation.subscription))
    # Besides the subscription only its own newest charge, whose invoice cannot be known.
    intent = store.find("invoice_payment", invoice=store.get(str(donation.subscription))["latest_invoice"])[0]
    stuck = {donation.subscription, intent["payment"]["payment_intent"]}
    assert donation.subscription in set(dead.values_list("aggregate", flat=True)) <= stuck
    others = story.reader().give(email="other@example.org")
    story.model.joins(500, who="other")
    assert others.state == "live"

    every("month")
    told.changes(500, months=1)
    assert stripe_events.revive(list(dead.values_list("pk", flat=True))) > 0
    histories.apply_all(story)
    assert not StripeEvent.objects.exclude(state__in=[EventState.APPLIED, EventState.IGNORED]).exists()
    story.prove()


# -- what Stripe never told --------------------------------------------------------------------------------------------


def test_webhooks_that_never_come_are_made_up_for_from_the_list_of_events(story: World) -> None:
    story.sandbox.post("chaos", drop=1.0)
    reader = story.reader()
    reader.pay(reader.start(amount="5"))
    told = story.model.joins(500)
    story.settle()
    assert not Payment.objects.exists()
    assert reconciliation.catch_up() > 5
    assert reconciliation.catch_up() == 0
    histories.apply_all(story)
    donation = Donation.objects.get()
    story.sandbox.post(f"subscriptions/{donation.subscription}", action="change", amount=900)
    told.changes(900)
    story.leap(days=20)
    reconciliation.catch_up()
    histories.apply_all(story)
    story.prove()


def test_what_is_older_than_stripes_events_is_found_by_comparing_objects(story: World) -> None:
    story.sandbox.post("chaos", drop=1.0)
    names = ["stays", "gives once", "gets a part back", "disputes and loses", "gives more", "ends"]
    givers = histories.tell(story, names)
    for _ in range(3):
        story.sandbox.post("clock", advance=120)
        found = reconciliation.reconcile()
        assert found
        assert kept() == [(one.kind, one.object, one.asked) for one in found]
        reconciliation.reconcile(clock.now())  # looks at nothing, and keeps what the whole comparison found
        assert len(kept()) == len(found)
        histories.apply_all(story)
        if not reconciliation.reconcile():
            break
    assert not kept()
    for giver in givers:
        is_as_predicted(giver)
    story.prove(*(giver.model for giver in givers))


def kept() -> list[tuple[str, str, bool]]:
    return list(Difference.objects.order_by("pk").values_list("kind", "object", "asked"))


def test_objects_are_compared_every_night_and_the_night_is_made_up_for_where_it_was_missed(
    db: None, settings: Settings
) -> None:
    settings.DEBUG = True
    assert reconciliation.is_due()  # never yet
    to_four = datetime(2027, 3, 1, 4, tzinfo=UTC) - clock.now()
    clock.move(to_four)
    Watermark.objects.create(name="reconcile", at=clock.now() - timedelta(hours=2))
    seen = []
    for _ in range(25):
        seen.append(reconciliation.is_due())
        clock.move(timedelta(hours=1))
    assert seen == [False] * 22 + [True, False, True]


# -- a worker is killed ------------------------------------------------------------------------------------------------

KILLS = 20


@pytest.mark.storm
def test_worker_killed_at_any_line_leaves_books_equal_to_those_without_the_kill(
    story: World, world_db: WorldDatabase
) -> None:
    """A process applies each giver's events and is killed (SIGKILL) at a line of the product's code, always another."""
    givers = histories.tell(story, ["disputes and loses"] * (KILLS + 1))
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.payments.mortal"], cwd=django_settings.BASE_DIR, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env=world_db.environment(
            STRIPE_API_BASE=story.sandbox.url, SITE_URL=story.url, DJANGO_SETTINGS_MODULE="config.settings"
        ),
    )  # fmt: skip
    assert worker.stdin
    assert worker.stdout
    try:

        def apply(line: int) -> tuple[str, int]:
            """Lets a worker apply what is due and die at its n-th line (0: not at all): how it ended, lines lived."""
            assert worker.stdin
            assert worker.stdout
            worker.stdin.write(f"{line}\n")
            worker.stdin.flush()
            end, lived = json.loads(worker.stdout.readline())
            return end, lived

        _hear(givers[0])
        end, lines = apply(0)
        assert end == "done"
        dice, ends = random.Random(11), []
        for number, giver in enumerate(givers[1:]):
            _hear(giver)
            at = (number * lines) // KILLS + dice.randrange(1, max(2, lines // KILLS))
            ends.append(apply(at)[0])
    finally:
        worker.stdin.close()
        worker.wait()
    assert ends.count("killed") > KILLS * 3 // 4
    story.sandbox.post("clock", advance=60)
    histories.apply_all(story)
    alive = outcome(givers[0])
    for giver in givers:
        assert outcome(giver) == alive
        is_as_predicted(giver)
    assert not StripeEvent.objects.dead().exists()
    story.prove(*(giver.model for giver in givers))


def _hear(giver: Giver) -> None:
    for event in mixed(giver.events, len(giver.events)):
        post(event)
