"""Puts events into the inbox. Once a row is committed, nothing that follows can lose it."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from newsroom import bell, clock
from payments.models import StripeEvent

# Names as Stripe writes them. Anything else in their place is not an event of Stripe's.
_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,255}", re.ASCII)


class NotAnEvent(ValueError):
    """The body is not an event as Stripe writes them."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """The few things of an event that are read before it is applied."""

    event_id: str
    type: str
    api_version: str
    livemode: bool
    object_id: str
    aggregate: str
    created_at: datetime


def read(body: bytes) -> Incoming:
    """An event's own facts. Raises NotAnEvent."""
    try:
        event = json.loads(body)
        thing = event["data"]["object"]
        incoming = Incoming(
            event_id=_name(event["id"]),
            type=_name(event["type"]),
            api_version=_name(event.get("api_version") or "none")[:40],
            livemode=event["livemode"] is True,
            object_id=_named(thing.get("id")),
            aggregate=aggregate_of(event["type"], thing, event["data"].get("previous_attributes") or {}),
            created_at=datetime.fromtimestamp(int(event["created"]), UTC),
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise NotAnEvent(type(error).__name__) from error
    if len(incoming.type) > 100:
        raise NotAnEvent("type")
    return incoming


def _name(value: Any) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise NotAnEvent("name")
    return value


def _named(value: Any) -> str:
    """The id of an object or of a reference, expanded or not; empty if it is neither."""
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) and _NAME.fullmatch(value) else ""


def aggregate_of(event_type: str, thing: dict[str, Any], previous: dict[str, Any]) -> str:
    """The object whose events one worker at a time applies: subscription, payment intent, customer, payout.

    A payment intent of a subscription does not name it, so its events form an aggregate of their own.
    """
    family = event_type.partition(".")[0]
    own = _named(thing.get("id"))
    if family == "invoice":
        details = (thing.get("parent") or {}).get("subscription_details") or {}
        return _named(details.get("subscription")) or own
    if family == "checkout":
        return own
    if family in {"charge", "refund"}:
        return _named(thing.get("payment_intent")) or _named(thing.get("charge")) or own
    if family == "payment_method":
        return _named(thing.get("customer")) or _named(previous.get("customer")) or own  # a detached card has none
    return own


def store(incoming: Incoming, body: bytes, source: str = StripeEvent.Source.WEBHOOK, state: str = "pending") -> bool:
    """One INSERT, committed at once unless the caller holds a transaction. False if the event was there already."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO payments_stripeevent (event_id, type, api_version, livemode, object_id, aggregate, body,"
            " source, state, attempts, error, created_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 0, '', %s)"
            " ON CONFLICT (event_id) DO NOTHING",
            [
                incoming.event_id, incoming.type, incoming.api_version, incoming.livemode, incoming.object_id,
                incoming.aggregate, body, source, state, incoming.created_at,
            ],
        )  # fmt: skip
        return bool(cursor.rowcount == 1)


def look(object_id: str, reason: str) -> bool:
    """Asks the worker to look at one of Stripe's objects as if an event had named it. Once a minute and reason.

    This is how whatever was missed is healed: by the same way that an event takes.
    """
    now = clock.now()
    incoming = Incoming(
        event_id=f"look:{reason}:{object_id}:{now:%Y%m%d%H%M}",
        type=f"look.{reason}",
        api_version="none",
        livemode=False,
        object_id=object_id,
        aggregate=object_id,
        created_at=now,
    )
    is_new = store(incoming, b"{}", StripeEvent.Source.RECONCILE)
    bell.ring("payments.apply_events")
    return is_new
