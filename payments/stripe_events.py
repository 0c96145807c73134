"""Takes events from the inbox and applies them: one worker at a time for one aggregate, state fetched afresh.

The event is a hint, Stripe's API is the truth. Duplicates and disorder are harmless because rows are keyed by Stripe's
ids and set from fetched state, not because an event was seen before.
"""

import random
import time
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Max, Min, Q

from newsroom import bell, clock
from payments import arrivals, gateway, inbox, ledger, locks, payouts, sessions, subscriptions
from payments.models import StripeEvent
from payments.models.inbox import EventState

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 10
# By then, half a minute on, the event that brings what another one waits for may be lost: its object is looked at.
LOOK_AFTER_ATTEMPTS = 4
LONGEST_RUN_SECONDS = 300
# What waits for something that does not come, or ends its worker each time, is given up a day after it came.
LONGEST_LIFE = timedelta(days=1)
LONGEST_WAIT = timedelta(minutes=10)

# Every type that is applied, with what it tells. docs/webhooks.md repeats this table, and a test compares them.
HANDLED = {
    "checkout.session.completed": "somebody finished the payment page",
    "checkout.session.async_payment_succeeded": "a delayed payment arrived",
    "checkout.session.async_payment_failed": "a delayed payment failed",
    "checkout.session.expired": "a payment page was given up",
    "customer.subscription.created": "a subscription began",
    "customer.subscription.updated": "amount, pause, end or standing of a subscription changed",
    "customer.subscription.deleted": "a subscription ended",
    "customer.subscription.paused": "a subscription was paused",
    "customer.subscription.resumed": "a subscription was resumed",
    "customer.updated": "a customer's default card may have changed",
    "invoice.paid": "a period was paid",
    "invoice.payment_failed": "a renewal failed",
    "invoice.payment_action_required": "a bank wants the giver to confirm a renewal",
    "invoice.finalization_failed": "an invoice could not be made",
    "invoice.voided": "an invoice is no longer owed",
    "invoice.marked_uncollectible": "an invoice was written off",
    "payment_intent.succeeded": "money arrived",
    "payment_intent.processing": "a delayed payment began",
    "payment_intent.payment_failed": "a payment was declined",
    "charge.succeeded": "a charge went through",
    "charge.updated": "fee and net of a charge are known",
    "charge.failed": "a delayed charge failed",
    "charge.refunded": "a charge was refunded",
    "refund.created": "a refund began",
    "refund.updated": "a refund went on",
    "refund.failed": "a refund failed and its money came back",
    "charge.dispute.created": "a giver's bank asks or takes back",
    "charge.dispute.updated": "a dispute went on",
    "charge.dispute.closed": "a dispute was decided",
    "charge.dispute.funds_withdrawn": "the bank took money",
    "charge.dispute.funds_reinstated": "the bank gave money back",
    "payment_method.attached": "a card was added",
    "payment_method.updated": "a card changed",
    "payment_method.automatically_updated": "the card's network renewed it",
    "payment_method.detached": "a card was removed",
    "payout.created": "a transfer to the bank began",
    "payout.updated": "a transfer went on",
    "payout.paid": "a transfer arrived",
    "payout.canceled": "a transfer was called off and its money came back",
    "payout.failed": "a transfer failed and its money came back",
    "payout.reconciliation_completed": "the payments of a transfer are known",
}


def refresh(aggregate: str, hints: set[str]) -> set[str]:
    """Sets our rows from Stripe's state of one object, whatever kind of object its id names.

    Returns the ids of other objects that were looked at on the way.
    """
    match aggregate.partition("_")[0]:
        case "sub":
            return subscriptions.refresh(aggregate)
        case "pi":
            arrivals.refresh(aggregate, hints)
        case "cs":
            return sessions.refresh(aggregate)
        case "cus":
            subscriptions.refresh_cards(aggregate)
        case "po":
            payouts.refresh(aggregate)
        case "in":
            return _refresh_invoice(aggregate)
        case "ch" | "py":
            _refresh_charge(aggregate, hints)
        case "txn":
            _refresh_movement(aggregate)
        case _:
            log.info("event_without_object", hints=sorted(hints))
    return set()


def _refresh_invoice(invoice: str) -> set[str]:
    """An invoice whose event was written in an older form that does not name the subscription."""
    subscription = gateway.invoice(invoice).subscription
    return {subscription} | subscriptions.refresh(subscription) if subscription else set()


def _refresh_charge(charge: str, hints: set[str]) -> None:
    """A charge: through its payment intent, or as other business on the account if it has none."""
    intent = gateway.intent_of_charge(charge)
    if intent:
        arrivals.refresh(intent, hints)
    else:
        arrivals.record_foreign(charge)


def _refresh_movement(movement_id: str) -> None:
    """A balance transaction that no object of ours led to."""
    if not ledger.has(movement_id):
        ledger.record_other(gateway.movement(movement_id))


def apply_due() -> int:
    """Applies what is due, oldest aggregate first, until nothing is. Returns the number of events applied.

    Any number of workers may run this at the same time. A run stays well within Celery's time limit; the bell that it
    rings at its end brings the next.
    """
    applied = 0
    skipped: set[str] = set()
    until = time.monotonic() + LONGEST_RUN_SECONDS
    while time.monotonic() < until:
        due = StripeEvent.objects.due(clock.now()).exclude(aggregate__in=skipped)
        batch = list(due.values_list("aggregate").annotate(first=Min("id")).order_by("first")[:50])
        if not batch:
            break
        for aggregate, _first in batch:
            done = apply(aggregate)
            applied += done
            if not done:
                skipped.add(aggregate)  # busy elsewhere or put off; not again in this run
    _ring_for_next()
    return applied


def _ring_for_next() -> None:
    """Rings ahead for what was put off for less than a minute; the sweep comes for the rest."""
    now = clock.now()
    due_at = (
        StripeEvent.objects.pending().filter(due_at__lt=now + timedelta(minutes=1)).aggregate(at=Min("due_at"))["at"]
    )
    if due_at is not None:
        bell.ring("payments.apply_events", after=max(0.5, (due_at - now).total_seconds()))


def apply(aggregate: str) -> int:
    """Applies all due events of one aggregate with one look at Stripe. Returns how many were applied; 0 if put off."""
    try:
        with locks.exclusive(f"inbox:{aggregate}"):
            return _apply(aggregate)
    except locks.Busy:
        return 0


def _apply(aggregate: str) -> int:
    due = StripeEvent.objects.due(clock.now()).filter(aggregate=aggregate)
    events = list(due.only("attempts", "type", "received_at").order_by("id"))
    if not events:
        return 0
    newest = StripeEvent.objects.aggregate(id=Max("id"))["id"]
    attempts = 1 + max(event.attempts for event in events)
    ids = [event.pk for event in events]
    if attempts > MOST_ATTEMPTS and _bury(ids, received_before=clock.now() - LONGEST_LIFE):
        return 0  # the attempts ended with their workers: another would cost another worker
    _count(ids, attempts)
    try:
        besides = refresh(aggregate, {event.type for event in events})
    except Exception as error:  # noqa: BLE001  whatever one event stumbles over must not stop the others
        _answer(error, events, attempts)
        return 0
    return _applied(ids) + _apply_besides(besides, newest)


def _answer(error: Exception, events: list[StripeEvent], attempts: int) -> None:
    """Every failure has its answer: tried again soon, later, or for as long as it takes; never dropped."""
    ids = [event.pk for event in events]
    match error:
        case locks.Busy():
            _put_off(ids, timedelta(0), "busy", is_attempt=False)  # whoever holds it looks for more when done
        case arrivals.NotYet():
            _put_off(ids, min(_pause(attempts), LONGEST_WAIT), f"not yet: {error}")
            _bury(ids, received_before=clock.now() - LONGEST_LIFE)
            if error.brought_by and attempts == LOOK_AFTER_ATTEMPTS:
                inbox.look(error.brought_by, "awaited")
        case gateway.Unavailable():
            _put_off(ids, _pause_while_away(events), f"Stripe is away: {error}", is_attempt=False)
        case DatabaseError() if connection.connection is None or not connection.is_usable():
            raise error
        case _:
            _fail(ids, attempts, error)


def _applied(ids: list[int]) -> int:
    events = StripeEvent.objects.filter(pk__in=ids)
    return int(events.update(state=EventState.APPLIED, applied_at=clock.now(), error=""))


def _apply_besides(looked_at: set[str], newest: int) -> int:
    """Stamps the events that told of nothing more than what has just been seen of other objects.

    An event whose id was given out before the look had been sent before it, so Stripe's answer was already that of
    after the event. Refunds and disputes are looked up only for those who tell of them, so they are not among these.
    """
    if not looked_at:
        return 0
    with transaction.atomic():
        told = StripeEvent.objects.pending().filter(aggregate__in=looked_at, id__lte=newest)
        told = told.exclude(Q(type__contains="refund") | Q(type__contains="dispute"))
        return _applied(list(told.select_for_update(skip_locked=True).values_list("pk", flat=True)))


def _pause(attempts: int) -> timedelta:
    """Doubling from two seconds, with jitter, at most six hours."""
    return timedelta(seconds=min(6 * 3600, 2**attempts) * random.uniform(0.8, 1.2))  # noqa: S311  jitter is no secret


def _pause_while_away(events: list[StripeEvent]) -> timedelta:
    """A third of the time that the events have waited already, with jitter; attempts do not count meanwhile."""
    waited = clock.now() - min(event.received_at for event in events)
    pause = min(max(waited / 3, timedelta(seconds=2)), LONGEST_WAIT)
    return pause * random.uniform(0.8, 1.2)  # noqa: S311  jitter is no secret


def _count(ids: list[int], attempts: int) -> None:
    """Counts the attempt in a commit of its own, before the work: a crash is an attempt too, and is due again later."""
    StripeEvent.objects.filter(pk__in=ids).update(attempts=F("attempts") + 1, due_at=clock.now() + _pause(attempts))


def _put_off(ids: list[int], pause: timedelta, error: str, *, is_attempt: bool = True) -> None:
    """Due again later. What is not the event's own fault is taken off its attempts."""
    StripeEvent.objects.pending().filter(pk__in=ids).update(
        due_at=clock.now() + pause, error=error[:500], attempts=F("attempts") - (0 if is_attempt else 1)
    )


def _fail(ids: list[int], attempts: int, error: Exception) -> None:
    """Of the error only its first line is kept: PostgreSQL prints whole rows below it."""
    log.warning("event_failed", events=ids, attempts=attempts, error=type(error).__name__, exc_info=error)
    first_line = str(error).partition("\n")[0]
    _put_off(ids, _pause(attempts), f"{type(error).__name__}: {first_line}")
    _bury(ids)


def _bury(ids: list[int], *, received_before: datetime | None = None) -> int:
    """After ten attempts an event is dead: staff see it and can run it again. Returns how many died."""
    worn_out = StripeEvent.objects.pending().filter(pk__in=ids, attempts__gte=MOST_ATTEMPTS)
    if received_before:
        worn_out = worn_out.filter(received_at__lt=received_before)
    dead: int = worn_out.update(state=EventState.DEAD)
    if dead:
        log.error("events_dead", events=ids)
    return dead


def revive(event_ids: list[int]) -> int:
    """Makes dead events due again, with all attempts before them. Returns how many."""
    dead = StripeEvent.objects.dead().filter(pk__in=event_ids)
    revived = dead.update(state=EventState.PENDING, attempts=0, due_at=clock.now())
    bell.ring("payments.apply_events")
    return revived
