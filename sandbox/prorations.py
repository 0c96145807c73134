"""Prorations: what a change in the middle of a period credits and owes, waiting for the next invoice."""

from datetime import UTC, datetime
from typing import Any

from . import clock, invoices, store


def credit_unused(subscription: dict[str, Any], since: int) -> None:
    """Give back the part of the current period after `since`, at the old prices, for every item."""
    for item in subscription["items"]["data"]:
        _wait(item, since, -share(item, since), f"Unused time after {_day(since)}")


def owe_remaining(subscription: dict[str, Any], since: int) -> None:
    """Ask for the part of the current period after `since`, at the present prices, for every item."""
    for item in subscription["items"]["data"]:
        _wait(item, since, share(item, since), f"Remaining time after {_day(since)}")


def share(item: dict[str, Any], since: int) -> int:
    """The part of the item's period after `since`, in minor units, to the second, rounded half up."""
    start, end = int(item["current_period_start"]), int(item["current_period_end"])
    whole = int(item["price"]["unit_amount"] * item["quantity"])
    left = max(0, end - max(since, start))
    return (2 * whole * left + (end - start)) // (2 * (end - start))


def lines(subscription_id: str, invoice_id: str) -> list[dict[str, Any]]:
    """What waits for the subscription, as lines of that invoice; it waits no longer."""
    waiting = store.find("sandbox.proration", subscription=subscription_id)
    for one in waiting:
        store.delete(one["id"])
    return [
        invoices.line(
            store.new_id("il_"),
            invoice_id,
            one["item"],
            (one["start"], one["end"]),
            amount=one["amount"],
            description=one["description"],
            proration=True,
        )
        for one in reversed(waiting)
    ]


def _wait(item: dict[str, Any], since: int, amount: int, description: str) -> None:
    if amount:
        store.put(
            {
                "id": store.new_id("ii_"),
                "object": "sandbox.proration",
                "created": clock.now(),
                "subscription": item["subscription"],
                "item": item,
                "amount": amount,
                "description": description,
                "start": since,
                "end": item["current_period_end"],
            }
        )


def _day(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%d %b %Y")
