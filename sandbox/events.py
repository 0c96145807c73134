"""What has happened: event objects, and a delivery of each to every endpoint that listens for it."""

import copy
import random
from contextvars import ContextVar
from typing import Any

from . import clock, store
from .models import Config, Delivery, Endpoint, Thing

API_VERSION = "2026-10-28.endive"
DAYS_KEPT = 30

caller: ContextVar[tuple[str | None, str | None]] = ContextVar("caller", default=(None, None))
"""Request id and idempotency key of the call being answered; both None when something happens by itself."""


def emit(
    event_type: str,
    obj: dict[str, Any],
    previous_attributes: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Record that something happened to `obj` and put it on its way, all in the caller's transaction.

    The object is copied as it is now and never rendered again."""
    endpoints = [e for e in Endpoint.objects.order_by("id") if listens(e, event_type)]
    request_id, idempotency_key = caller.get()
    data: dict[str, Any] = {"object": copy.deepcopy(obj)}
    if previous_attributes is not None:
        data["previous_attributes"] = previous_attributes
    event = {
        "id": store.new_id("evt_"),
        "object": "event",
        "api_version": API_VERSION,
        "created": clock.now(),
        "data": data,
        "livemode": False,
        "pending_webhooks": len(endpoints),
        "request": {"id": request_id, "idempotency_key": idempotency_key},
        "type": event_type,
    }
    store.put(event)
    if endpoints:
        _send(event, endpoints)
    return event


def listens(endpoint: Endpoint, event_type: str) -> bool:
    """Whether the endpoint is enabled for events of that type."""
    return "*" in endpoint.enabled_events or event_type in endpoint.enabled_events


def resend(event_id: str) -> int:
    """Put the event on its way once more to every endpoint, without chaos; says how many deliveries that makes."""
    now = clock.now()
    endpoints = Endpoint.objects.all()
    Delivery.objects.bulk_create([Delivery(event_id=event_id, endpoint=e, due=now) for e in endpoints])
    return len(endpoints)


def _send(event: dict[str, Any], endpoints: list[Endpoint]) -> None:
    """One delivery per endpoint, and what the chaos switches make of it. The same seed makes the same trouble."""
    config = Config.current()
    dice = random.Random()
    if config.duplicate or config.shuffle or config.delay or config.drop:
        turn = Thing.objects.values_list("seq", flat=True).get(pk=event["id"])
        dice.seed(f"{config.seed}:{turn}")
    deliveries = []
    for endpoint in endpoints:
        for _ in range(2 if dice.random() < config.duplicate else 1):
            late = config.delay_seconds if dice.random() < config.delay else 0
            dropped = dice.random() < config.drop
            deliveries.append(
                Delivery(
                    event_id=event["id"],
                    endpoint=endpoint,
                    due=event["created"] + late,
                    place=dice.randrange(1, 30) if dice.random() < config.shuffle else 0,
                    state=Delivery.State.DROPPED if dropped else Delivery.State.PENDING,
                )
            )
    Delivery.objects.bulk_create(deliveries)
