"""Events come twice, all at once, in any order: the books are the model's. Without the protection they are not."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections, transaction
from pytest_django import Settings

from payments import gateway, locks, stripe_events
from payments.models import LedgerEntry, StripeEvent
from payments.stripe_events import HANDLED
from sandbox import events, store
from sandbox.models import Thing
from tests.journeys.conftest import World
from tests.payments import histories
from tests.payments.histories import CONTAINS, is_as_predicted, mixed, post
from tests.payments.wire import Wire

pytestmark = pytest.mark.database


def test_every_handled_type_occurs_in_a_history() -> None:
    assert set(CONTAINS) == set(HANDLED), "a handled type has no history in tests/payments/histories.py"


def test_every_event_may_come_twice_and_eightfold_at_once(story: World, subtests: pytest.Subtests) -> None:
    types = [event_type for event_type in HANDLED if CONTAINS[event_type]]
    givers = dict(zip(types, histories.tell(story, [CONTAINS[name] for name in types]), strict=True))
    for event_type, giver in givers.items():
        with subtests.test(event_type):
            its = [event for event in giver.events if event["type"] == event_type]
            others = [event for event in giver.events if event["type"] != event_type]
            assert its, f"the history “{giver.name}” has no {event_type}"
            assert histories.post_eightfold(its) == len(its)
            histories.eightfold(lambda _number: stripe_events.apply_due())
            for event in mixed(others, 1) + its:
                post(event)
                assert post(event) == "known"
            for event in its:
                doubled = [histories.as_another_event(event, number) for number in range(8)]
                histories.eightfold(partial(_post_one, doubled))
            histories.eightfold(lambda _number: stripe_events.apply_due())
            histories.apply_all(story)
            assert StripeEvent.objects.filter(event_id__in=[event["id"] for event in its]).count() == len(its)
            is_as_predicted(giver)
    assert not StripeEvent.objects.exclude(state="applied").exists()
    story.prove(*(giver.model for giver in givers.values()))


def _post_one(doubled: list[histories.Event], number: int) -> str:
    return post(doubled[number])


def test_events_of_transfers_may_come_twice_and_eightfold_at_once(story: World, subtests: pytest.Subtests) -> None:
    story.reader().give(interval="once", amount="25")
    story.model.gives(2500)
    story.leap(days=4)
    sent = story.sandbox.post("payouts")["payouts"]
    sums = story.model.pays_out()
    story.sandbox.post("clock", advance=5 * 86_400)
    story.sandbox.post(f"payouts/{sent[0]['id']}/fail")
    story.model.payout_failed(sums)
    with transaction.atomic():  # what the sandbox never makes
        events.emit("payout.updated", store.get(sent[0]["id"]))
        events.emit("payout.canceled", store.get(sent[0]["id"]))
    told = [event.body for event in Thing.objects.filter(kind="event", body__type__startswith="payout.")]
    for event_type in [name for name in HANDLED if not CONTAINS[name]]:
        with subtests.test(event_type):
            its = [event for event in told if event["type"] == event_type]
            assert its, f"nothing tells {event_type}"
            assert histories.post_eightfold(its) == len(its)
            histories.eightfold(lambda _number: stripe_events.apply_due())
            for event in its:
                assert post(event) == "known"
                post(histories.as_another_event(event, 1))
            histories.apply_all(story)
            assert LedgerEntry.objects.filter(kind="payout").count() == 2
    story.prove()


def test_charge_whose_invoice_nobody_tells_of_leads_to_its_subscription_and_does_not_die(story: World) -> None:
    giver = histories.tell(story, ["stays"])[0]
    for event in giver.events:
        if event["type"].startswith(("charge.", "payment_intent.")):
            post(event)
    histories.apply_all(story)
    assert not StripeEvent.objects.dead().exists()
    is_as_predicted(giver)
    story.prove(giver.model)


# -- the protection off: the same must fail ---------------------------------------------------------------------------


class Adding:
    """The naive way: each event's own amounts are added up, none is looked up again."""

    def __init__(self) -> None:
        self.sums: Counter[str] = Counter()

    def apply(self, event: dict[str, Any]) -> None:
        thing = event["data"]["object"]
        match event["type"]:
            case "charge.succeeded":
                self.sums["payment"] += thing["amount"]
            case "charge.refunded":
                self.sums["refund"] = -thing["amount_refunded"]  # the newest word is taken for the truth
            case "charge.dispute.funds_withdrawn":
                self.sums["dispute"] -= thing["amount"]
            case "charge.dispute.funds_reinstated":
                self.sums["dispute"] += thing["amount"]


def test_control_adding_up_events_is_right_only_in_order_and_once(story: World) -> None:
    giver = histories.tell(story, ["has it all"])[0]
    settled = giver.model.books()["settled"]["EUR"]

    def added(told: list[dict[str, Any]]) -> bool:
        """Whether adding up comes to what the model says was paid and disputed."""
        naive = Adding()
        for event in told:
            naive.apply(event)
        return {name: naive.sums[name] for name in ("payment", "dispute")} == {
            name: settled[name] for name in ("payment", "dispute")
        }

    assert added(giver.events)
    assert not added(giver.events * 2)


def test_control_without_unique_keys_the_same_fact_is_booked_eight_times(
    story: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    giver = histories.tell(story, ["gives once"])[0]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE payments_ledgerentry DROP CONSTRAINT ledger_line_once_per_balance_transaction")
    for event in giver.events:
        post(event)
    together = threading.Barrier(8)

    @contextmanager
    def unlocked(_name: str) -> Iterator[None]:
        yield

    monkeypatch.setattr(locks, "exclusive", unlocked)

    def work(_number: int) -> None:
        together.wait()
        stripe_events.refresh(giver.intent, set())

    histories.eightfold(work)
    assert LedgerEntry.objects.filter(kind="payment").count() > 1
    with pytest.raises(AssertionError):
        is_as_predicted(giver)


@pytest.mark.parametrize("protected", [True, False])
def test_older_look_at_stripe_never_overwrites_a_newer_one(
    story: World, settings: Settings, monkeypatch: pytest.MonkeyPatch, *, protected: bool
) -> None:
    donation = story.reader().give()
    subscription = str(donation.subscription)
    wire = Wire(story.sandbox.url)
    settings.STRIPE_API_BASE = wire.url
    gateway.forget_client()
    if not protected:

        @contextmanager
        def unlocked(_name: str) -> Iterator[None]:
            yield

        monkeypatch.setattr(locks, "exclusive", unlocked)
    with wire:
        story.sandbox.post(f"subscriptions/{subscription}", action="change", amount=700)
        hold = wire.hold("GET", f"/v1/subscriptions/{subscription}")
        slow = threading.Thread(target=_apply, args=(subscription,))
        _event_about(story, subscription, 1)
        slow.start()
        hold.has_come()
        story.sandbox.post(f"subscriptions/{subscription}", action="change", amount=900)
        _event_about(story, subscription, 2)
        # Counted by the first worker, the first event is not due again; the second one is.
        quick = stripe_events.apply(subscription)
        assert bool(quick) is not protected
        hold.release()
        slow.join()
        histories.apply_all(story)
        donation.refresh_from_db()
        assert donation.amount_minor == (900 if protected else 700)


def _apply(aggregate: str) -> None:
    try:
        stripe_events.apply(aggregate)
    finally:
        connections.close_all()


def _event_about(story: World, subscription: str, number: int) -> None:
    """The newest event of the subscription, and no other."""
    told = Thing.objects.filter(kind="event", body__type="customer.subscription.updated").order_by("-seq").first()
    assert told
    assert told.body["data"]["object"]["id"] == subscription
    post(told.body)
