"""Every type that is handled, in fifty orders: each time before a product that has heard nothing yet.

Histories happen at Stripe while the product hears nothing. Then fifty copies of that world hear the same events, each
in an order of its own, some twice, applied whenever the dice say so.
"""

import random
from collections.abc import Iterable
from typing import Any

import pytest
import requests
from django.db import transaction

from newsroom import clock
from payments import books, stripe_events
from payments.models import LedgerEntry, Payout, StripeEvent
from payments.stripe_events import HANDLED
from sandbox import events, store
from sandbox.models import Thing
from tests.journeys.conftest import World
from tests.payments import histories, universes
from tests.payments.histories import CONTAINS, Event, Giver

pytestmark = [pytest.mark.database, pytest.mark.storm]


def few_with_everything(givers: Iterable[Giver]) -> list[Giver]:
    """As few givers as need be for every type that a giver's history tells; the richest first."""
    left = {name for name in HANDLED if CONTAINS[name]}
    rest, chosen = list(givers), []
    while left:
        best = max(rest, key=lambda giver: len(left & {event["type"] for event in giver.events}))
        found = left & {event["type"] for event in best.events}
        assert found, f"no history tells {sorted(left)}"
        left -= found
        rest.remove(best)
        chosen.append(best)
    return chosen


def called_back(world: World) -> list[Event]:
    """The events of a transfer that the bank calls back days later, oldest first."""
    sent = Thing.objects.get(kind="payout").id
    world.sandbox.post(f"payouts/{sent}/fail")
    with transaction.atomic():  # what the sandbox never makes
        events.emit("payout.updated", store.get(sent))
        events.emit("payout.canceled", store.get(sent))
    told = Thing.objects.filter(kind="event", body__type__startswith="payout.").order_by("created", "seq")
    return [body for body in told.values_list("body", flat=True) if body["type"] in HANDLED]


def hear(world: World, told: list[Event], dice: random.Random) -> None:
    """Delivers events one by one, some twice, and lets a worker look from time to time."""
    with requests.Session() as line:
        for event in told:
            assert histories.post(event, line) == "stored"
            if dice.random() < 0.2:
                assert histories.post(event, line) == "known"
            if dice.random() < 0.03:
                stripe_events.apply_due()
    histories.apply_all(world)


def product(givers: list[Giver]) -> dict[str, Any]:
    """All that the product holds by now, without ids, moments and the order of arrival."""
    figures = books.figures()
    return {
        "inbox": sorted(StripeEvent.objects.values_list("event_id", "state")),
        "payouts": sorted(Payout.objects.values_list("status", "amount_minor", "currency")),
        "transfers": sorted(LedgerEntry.objects.filter(kind="payout").values_list("amount_minor", "currency")),
        **{name: figures[name] for name in ("received", "settled", "memberships")},
        **{giver.name: histories.outcome(giver) for giver in givers},
    }


@pytest.mark.parametrize("seeds", [range(1, 26), range(26, 51)], ids=["first half", "second half"])
def test_every_type_in_fifty_orders_leads_to_the_same_books(
    story: World, subtests: pytest.Subtests, seeds: range
) -> None:
    def pay_out(_givers: list[Giver]) -> None:
        story.sandbox.post("payouts")

    all_givers = histories.tell(story, sorted({*CONTAINS.values()} - {""}), on=[36], then=pay_out)
    givers = few_with_everything(all_givers)
    told = [event for giver in givers for event in giver.events] + called_back(story)
    assert {event["type"] for event in told} == set(HANDLED)
    begun = clock.now()
    with universes.copied():
        hear(story, sorted(told, key=lambda event: int(event["created"])), random.Random(0))
        in_order = product(givers)
        for giver in givers:
            histories.is_as_predicted(giver)
    assert {state for _event, state in in_order["inbox"]} == {"applied"}
    for seed in seeds:
        with subtests.test(seed=seed), universes.copied():
            assert (clock.now() - begun).total_seconds() < 3600, "what one universe waited, another has not"
            hear(story, histories.mixed(told, seed), random.Random(seed))
            assert product(givers) == in_order
