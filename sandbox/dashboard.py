"""The dashboard at /sandbox/: what there is, the clock, the webhooks, the chaos and the account's settings."""

from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from . import cards, clock, delivery, events, pages, store, timers
from .buttons import Given, button, flag, mapping, moment, probability, text, whole, words
from .errors import invalid
from .models import Config, Delivery, Endpoint, Thing, Timer

CHAOS = {
    "duplicate": "A delivery is made twice",
    "shuffle": "A delivery comes later than its turn",
    "delay": "A delivery is held back",
    "drop": "A delivery is never made",
    "lose_answer": "A call is done, its answer lost (500)",
    "too_many": "A call is refused as one too many (429)",
}
ROWS = 20
EVENTS_SHOWN = 30
LEAPS = ((3600, "1 hour"), (86400, "1 day"), (7 * 86400, "1 week"), (31 * 86400, "31 days"))


@require_GET
def show(_request: HttpRequest) -> HttpResponse:
    """The dashboard."""
    return pages.page(
        "dashboard.html",
        state=state(),
        leaps=LEAPS,
        config=(config := Config.current()),
        chaos=[(name, says, getattr(config, name)) for name, says in CHAOS.items()],
        endpoints=Endpoint.objects.annotate(count=Count("deliveries")).order_by("id"),
        deliveries=Delivery.objects.values_list("state").annotate(Count("id")).order_by("state"),
        failed_timers=Timer.objects.exclude(error="").order_by("id")[:ROWS],
        coming_timers=Timer.objects.filter(error="").order_by("due", "id")[:ROWS],
        outcomes=Config.Outcome.values,
        test_cards=cards.CARDS,
        **_newest_objects(),
        **_newest_events(),
    )


@button
def move_clock(given: Given) -> dict[str, Any]:
    """`advance` by seconds, or go `to` a Unix second or an ISO moment (UTC where it names no zone)."""
    to = clock.now() + whole(given, "advance") if "advance" in given else moment(given, "to")
    try:
        clock.move(to)
    except clock.Backwards as error:
        raise invalid(str(error), "to") from error
    return state()


@button
def tick(_given: Given) -> dict[str, Any]:
    """Run what is due and deliver what is due, once each."""
    ran = timers.run_due()
    delivered = delivery.deliver_due()
    return {"timers_run": ran, "deliveries_tried": delivered, **state()}


@button
def set_chaos(given: Given) -> dict[str, Any]:
    """Probabilities from 0 to 1 of each kind of trouble; `delay_seconds` and the `seed` of the dice beside them."""
    config = Config.current()
    for switch in CHAOS.keys() & given.keys():
        setattr(config, switch, probability(given, switch))
    for number in {"delay_seconds", "seed"} & given.keys():
        setattr(config, number, whole(given, number))
    config.save(update_fields=[*CHAOS, "delay_seconds", "seed"])
    return {name: getattr(config, name) for name in (*CHAOS, "delay_seconds", "seed")}


@button
def set_config(given: Given) -> dict[str, Any]:
    """What a real account sets in its own dashboard. What is not given stays as it is."""
    readers = {
        "name": text,
        "country": text,
        "default_currency": text,
        "final_outcome": text,
        "dispute_fee": whole,
        "upcoming_days": whole,
        "automatic_payouts": flag,
        "settlement_currencies": words,
        "fees": mapping,
        "rates": mapping,
    }
    wanted = {name: read(given, name) for name, read in readers.items() if name in given}
    if "retry_days" in given:
        wanted["retry_days"] = [whole({"retry_days": day}, "retry_days") for day in words(given, "retry_days")]
    if wanted.get("final_outcome", Config.Outcome.CANCEL) not in Config.Outcome.values:
        raise invalid(f"final_outcome is one of {', '.join(Config.Outcome.values)}.", "final_outcome")
    config = Config.current()
    for name, value in wanted.items():
        setattr(config, name, value)
    config.save(update_fields=[*wanted])
    return {name: getattr(config, name) for name in (*readers, "retry_days")}


@button
def resend(given: Given, event_id: str) -> dict[str, Any]:
    """Deliver an event once more to every endpoint; `times` makes it several."""
    store.get(event_id)
    times = whole(given, "times") if "times" in given else 1
    return {"deliveries": sum(events.resend(event_id) for _ in range(times))}


@button
def retry_timer(_given: Given, pk: int) -> dict[str, Any]:
    """Let a failed timer run again."""
    timers.retry(pk)
    return state()


def state() -> dict[str, Any]:
    """The time, and what is still to happen; times are Unix seconds."""
    waiting = Delivery.objects.filter(state=Delivery.State.PENDING)
    return {
        "now": clock.now(),
        "deliveries_waiting": waiting.count(),
        "next_delivery": waiting.order_by("due").values_list("due", flat=True).first(),
        "next_timer": timers.next_due(),
        "timers_failed": Timer.objects.exclude(error="").count(),
    }


def _newest(kind: str) -> list[dict[str, Any]]:
    return list(Thing.objects.filter(kind=kind).order_by("-created", "-seq").values_list("body", flat=True)[:ROWS])


def _newest_objects() -> dict[str, Any]:
    """The newest of what the dashboard has buttons for; items and customers beside the subscriptions."""
    subscriptions = _newest("subscription")
    customers = store.get_many({subscription["customer"] for subscription in subscriptions})
    for subscription in subscriptions:
        subscription["person"] = customers.get(subscription["customer"], {})
        subscription["item"] = subscription["items"]["data"][0]
    kinds = {"charges": "charge", "refunds": "refund", "disputes": "dispute", "payouts": "payout"}
    return {"subscriptions": subscriptions} | {name: _newest(kind) for name, kind in kinds.items()}


def _newest_events() -> dict[str, Any]:
    """The newest events, each with its deliveries."""
    newest = Thing.objects.filter(kind="event").order_by("-created", "-seq").prefetch_related("deliveries")
    return {"events": list(newest[:EVENTS_SHOWN])}
