"""Subscriptions: their state, and every way into another one. Billing their periods is in billing.

Flexible billing mode, Stripe's default: the portal cancels with `cancel_at`, the dashboard and the API with
`cancel_at_period_end`."""

from typing import Any

from . import clock, events, invoices, prices, prorations, store, timers
from .changes import change
from .errors import invalid, missing

ENDED = frozenset({"canceled", "incomplete_expired"})
NO_DETAILS = {"comment": None, "feedback": None, "feedback_option": None, "reason": None}


def item(
    item_id: str, created: int, subscription_id: str, price: dict[str, Any], period: tuple[int, int], quantity: int = 1
) -> dict[str, Any]:
    """A subscription item: a price, and the period that is paid or owed now."""
    return {
        "id": item_id,
        "object": "subscription_item",
        "billed_until": None,
        "billing_thresholds": None,
        "created": created,
        "current_period_end": period[1],
        "current_period_start": period[0],
        "discounts": [],
        "metadata": {},
        "plan": prices.plan(price),
        "price": price,
        "quantity": quantity,
        "subscription": subscription_id,
        "tax_rates": [],
    }


def blank(
    subscription_id: str, created: int, customer_id: str, currency: str, items: list[dict[str, Any]], **known: Any
) -> dict[str, Any]:
    """An active subscription that starts now."""
    return {
        "id": subscription_id,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": created,
        "billing_cycle_anchor_config": None,
        "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible", "updated_at": created},
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": NO_DETAILS,
        "collection_method": "charge_automatically",
        "created": created,
        "currency": currency,
        "customer": customer_id,
        "customer_account": None,
        "days_until_due": None,
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": {"type": "self"},
        },
        "items": {
            "object": "list",
            "data": items,
            "has_more": False,
            "url": f"/v1/subscription_items?subscription={subscription_id}",
        },
        "latest_invoice": None,
        "livemode": False,
        "managed_payments": None,
        "metadata": {},
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": created,
        "status": "active",
        "status_details": None,
        "test_clock": None,
        "transfer_data": None,
        "trial_end": None,
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
        "trial_start": None,
    } | known


def period(subscription: dict[str, Any]) -> tuple[int, int]:
    """Start and end of the current period; all items here share one."""
    first = subscription["items"]["data"][0]
    return int(first["current_period_start"]), int(first["current_period_end"])


def cycle(subscription: dict[str, Any]) -> tuple[int, str, int]:
    """Anchor, interval and interval count, as the functions of periods take them."""
    recurring = subscription["items"]["data"][0]["price"]["recurring"]
    return subscription["billing_cycle_anchor"], recurring["interval"], recurring["interval_count"]


def with_period(subscription: dict[str, Any], start: int, end: int) -> dict[str, Any]:
    """The items, moved to another period, as the field `items`."""
    data = [one | {"current_period_start": start, "current_period_end": end} for one in subscription["items"]["data"]]
    return {**subscription["items"], "data": data}


def living(subscription_id: str) -> dict[str, Any]:
    """The subscription, locked; one that has ended is as good as gone."""
    subscription = store.lock(subscription_id)
    if subscription["status"] in ENDED:
        raise missing("subscription", subscription_id)
    return subscription


def cancel(
    subscription_id: str, *, reason: str = "cancellation_requested", details: dict[str, Any] | None = None
) -> dict[str, Any]:
    """End it now. Nothing is refunded, and what is still owed is no longer collected."""
    subscription, now = living(subscription_id), clock.now()
    invoices.stop_collecting(subscription_id)
    subscription = change(
        subscription_id,
        status="canceled",
        canceled_at=subscription["canceled_at"] or now,
        ended_at=now,
        cancellation_details=subscription["cancellation_details"] | {"reason": reason} | (details or {}),
        status_details=None,
    )
    events.emit("customer.subscription.deleted", subscription)
    return subscription


def cancel_at_period_end(subscription_id: str, *, details: dict[str, Any] | None = None) -> dict[str, Any]:
    """Let it end with the period, as the dashboard and the API do it."""
    _, end = period(living(subscription_id))
    return cancel_at(subscription_id, end, at_period_end=True, details=details)


def cancel_at(
    subscription_id: str, moment: int, *, at_period_end: bool = False, details: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Let it end at a moment. The portal in flexible billing mode gives the period's end here, without the flag."""
    subscription = living(subscription_id)
    if moment <= clock.now():
        raise invalid("Invalid timestamp: `cancel_at` must be in the future.", "cancel_at")
    timers.at(moment, "subscription.end", subscription=subscription_id, moment=moment)
    kept = {key: value for key, value in subscription["cancellation_details"].items() if key != "reason"}
    return change(
        subscription_id,
        "customer.subscription.updated",
        cancel_at=moment,
        cancel_at_period_end=at_period_end,
        canceled_at=clock.now(),
        cancellation_details=kept | (details or {}) | {"reason": "cancellation_requested"},
    )


def keep(subscription_id: str) -> dict[str, Any]:
    """Take a scheduled end back."""
    living(subscription_id)
    return change(
        subscription_id,
        "customer.subscription.updated",
        cancel_at=None,
        cancel_at_period_end=False,
        canceled_at=None,
        cancellation_details=NO_DETAILS,
    )


@timers.verb("subscription.end")
def end(subscription: str, moment: int) -> None:
    """A scheduled end has come, if it is still the one that was set."""
    current = store.lock(subscription)
    if current["cancel_at"] == moment and current["status"] not in ENDED:
        cancel(subscription)


def pause(subscription_id: str, *, credit: bool = True, why: str = "pause_requested") -> dict[str, Any]:
    """`status=paused`: no invoices, no periods, until it is resumed. `credit` the unused time of this period."""
    subscription = living(subscription_id)
    if subscription["status"] == "paused":
        raise invalid("This subscription is already paused.")
    if credit:
        prorations.credit_unused(subscription, clock.now())
    paused = {"subscription": {"type": why}, "transitioned_at": clock.now(), "type": "subscription"}
    subscription = change(
        subscription_id, "customer.subscription.updated", status="paused", status_details={"paused": paused}
    )
    events.emit("customer.subscription.paused", subscription)
    return subscription


def pause_collection(subscription_id: str, behavior: str | None, resumes_at: int | None = None) -> dict[str, Any]:
    """Let periods run but collect nothing: keep_as_draft, mark_uncollectible or void; None collects again."""
    living(subscription_id)
    new = {"behavior": behavior, "resumes_at": resumes_at} if behavior else None
    if resumes_at:
        timers.at(resumes_at, "subscription.collect_again", subscription=subscription_id, moment=resumes_at)
    return change(subscription_id, "customer.subscription.updated", pause_collection=new)


@timers.verb("subscription.collect_again")
def collect_again(subscription: str, moment: int) -> None:
    """A pause of collection ends by itself, if it is still the one that was set."""
    paused = store.lock(subscription)["pause_collection"]
    if paused and paused["resumes_at"] == moment:
        change(subscription, "customer.subscription.updated", pause_collection=None)


def fall_behind(subscription_id: str) -> None:
    """A payment failed."""
    subscription = store.lock(subscription_id)
    if subscription["status"] == "active":
        change(subscription_id, "customer.subscription.updated", status="past_due")
        change(subscription["customer"], "customer.updated", delinquent=True)


def recover(subscription_id: str, invoice_id: str) -> None:
    """An invoice was paid. Past due or unpaid is over when it is the newest that was ever finalized."""
    subscription = store.lock(subscription_id)
    if subscription["status"] not in {"past_due", "unpaid"}:
        return
    issued = [
        one for one in invoices.of_subscription(subscription_id) if one["status"] in {"open", "paid", "uncollectible"}
    ]
    if issued and issued[0]["id"] == invoice_id:
        change(subscription_id, "customer.subscription.updated", status="active")
        change(subscription["customer"], "customer.updated", delinquent=False)


def give_up(subscription_id: str, outcome: str) -> None:
    """The last attempt failed: what the account's settings want then (cancel, unpaid, past_due, pause)."""
    subscription = store.lock(subscription_id)
    if subscription["status"] in ENDED | {"unpaid", "paused"}:
        return
    if outcome == "cancel":
        cancel(subscription_id, reason="payment_failed")
    elif outcome == "unpaid":
        change(subscription_id, "customer.subscription.updated", status="unpaid")
    elif outcome == "pause":
        pause(subscription_id, credit=False, why="final_payment_failure")
