"""Billing subscriptions: the first invoice, the renewals, what a change costs, and starting again after a pause."""

from typing import Any

from . import (
    clock,
    dunning,
    events,
    invoices,
    payment_methods,
    periods,
    prices,
    prorations,
    store,
    subscriptions,
    timers,
)
from .changes import change, difference
from .errors import ApiError, invalid
from .models import Config

DAY = 86_400


def start(
    customer_id: str,
    lines: list[tuple[dict[str, Any], int]],
    method_id: str | None,
    *,
    paid_by: str | None = None,
    **known: Any,
) -> dict[str, Any]:
    """A subscription from now on, to prices and quantities, its first invoice paid by the intent `paid_by`.

    Prices that are not recurring go on the first invoice only. Without `paid_by` the payment method is charged now."""
    now, subscription_id = clock.now(), store.new_id("sub_")
    recurring = [(price, quantity) for price, quantity in lines if price["recurring"]]
    first = recurring[0][0]
    end = periods.after(now, first["recurring"]["interval"], first["recurring"]["interval_count"], now)
    items = [
        subscriptions.item(store.new_id("si_"), now, subscription_id, price, (now, end), quantity)
        for price, quantity in recurring
    ]
    subscription = subscriptions.blank(
        subscription_id, now, customer_id, first["currency"], items, default_payment_method=method_id, **known
    )
    events.emit("customer.subscription.created", store.put(subscription))
    once = [(price, quantity) for price, quantity in lines if not price["recurring"]]
    invoice = _bill(subscription, "subscription_create", (now, now), once)
    invoices.finalize(invoice["id"], paid_by)
    if paid_by is None:
        dunning.collect(invoice["id"])
    else:
        # Any attempt counts as the first: https://docs.stripe.com/api/invoices/object#invoice_object-attempt_count
        change(invoice["id"], attempted=True, attempt_count=1)
        dunning.concluded(invoice["id"], store.get(paid_by))
    change(store.get(customer_id)["id"], currency=first["currency"])
    expect(store.get(subscription_id))
    return store.get(subscription_id)


@timers.verb("subscription.cycle")
def renew(subscription: str, end: int) -> None:
    """A period is over, if it is still the one that was awaited: the next one begins with a draft invoice."""
    current = store.lock(subscription)
    start_was, end_is = subscriptions.period(current)
    if end_is != end or current["status"] in subscriptions.ENDED | {"paused"}:
        return
    if current["cancel_at_period_end"] or (current["cancel_at"] or end + 1) <= end:
        subscriptions.cancel(subscription)
        return
    items = subscriptions.with_period(current, end, periods.after(*subscriptions.cycle(current), end))
    moved = current | {"items": items}
    store.put(moved)
    collects = current["status"] != "unpaid"
    invoice = _bill(moved, "subscription_cycle", (start_was, end), auto_advance=collects)
    moved = store.put(moved | {"latest_invoice": invoice["id"]})
    events.emit("customer.subscription.updated", moved, difference(current, moved))
    if collects:
        timers.at(end + invoices.DRAFT_FOR, "invoice.finalize", invoice=invoice["id"])
    expect(moved)


@timers.verb("invoice.upcoming")
def announce(subscription: str, end: int) -> None:
    """A reminder of the next invoice, some days before; it has no id, for it does not exist yet."""
    current = store.get(subscription)
    quiet = current["status"] not in {"active", "past_due"} or current["cancel_at_period_end"] or current["cancel_at"]
    if subscriptions.period(current)[1] == end and not quiet:
        invoice = preview(current)
        del invoice["id"]
        events.emit("invoice.upcoming", invoice)


def preview(subscription: dict[str, Any]) -> dict[str, Any]:
    """The next renewal's invoice as it would be now; nothing is stored."""
    start_is, end = subscriptions.period(subscription)
    following = (end, periods.after(*subscriptions.cycle(subscription), end))
    invoice_id = f"upcoming_{store.new_id('in_')}"
    lines = [_line(invoice_id, item, following) for item in subscription["items"]["data"]]
    customer = store.get(subscription["customer"])
    invoice = invoices.blank(invoice_id, end, subscription, customer, lines, "upcoming", (start_is, end))
    invoice["next_payment_attempt"] = end + invoices.DRAFT_FOR
    return invoice


def with_items(subscription: dict[str, Any], wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items after an update's `items` parameter. Without an id an item is added, as at Stripe."""
    items = {item["id"]: item for item in subscription["items"]["data"]}
    for index, param in enumerate(wanted):
        at, item_id = f"items[{index}]", param.get("id")
        if item_id is not None and item_id not in items:
            raise invalid(f"No such subscription item: '{item_id}'", f"{at}[id]", "resource_missing")
        if param.get("deleted"):
            items.pop(item_id, None)
            continue
        price = _recurring(subscription, param, at)
        changed = _item(subscription, items.get(item_id), price, param, at)
        items[changed["id"]] = changed
    if not items:
        raise invalid("A subscription must have at least one active item.", "items")
    return list(items.values())


def _recurring(subscription: dict[str, Any], param: dict[str, Any], at: str) -> dict[str, Any] | None:
    """The new price of an item, if it is to have one that the subscription can take."""
    price = price_of(param, at)
    if price and not price["recurring"]:
        message = "The price specified is set to `type=one_time` but this field only accepts recurring prices."
        raise invalid(message, at)
    if price and price["currency"] != subscription["currency"]:
        raise invalid("The price's currency must match the subscription's.", at)
    return price


def _item(
    subscription: dict[str, Any],
    old: dict[str, Any] | None,
    price: dict[str, Any] | None,
    param: dict[str, Any],
    at: str,
) -> dict[str, Any]:
    """The item as the parameter wants it, new where there was none."""
    if old is None:
        if price is None:
            raise invalid("You must provide a price or price_data for a new item.", at)
        period, quantity = subscriptions.period(subscription), param.get("quantity", 1)
        return subscriptions.item(store.new_id("si_"), clock.now(), subscription["id"], price, period, quantity)
    new: dict[str, Any] = {"quantity": param.get("quantity", old["quantity"])}
    if price:
        new |= {"price": price, "plan": prices.plan(price)}
    return old | new | ({"metadata": param["metadata"]} if "metadata" in param else {})


def change_items(
    subscription_id: str, wanted: list[dict[str, Any]], proration: str, anchor_now: bool = False
) -> dict[str, Any]:
    """Change prices and quantities. Another interval starts a new period at once, and bills it at once.

    `proration`: none, create_prorations (on the next invoice) or always_invoice."""
    before = subscriptions.living(subscription_id)
    items = with_items(before, wanted)
    rhythms = {(i["price"]["recurring"]["interval"], i["price"]["recurring"]["interval_count"]) for i in items}
    if len(rhythms) > 1:
        raise invalid("All items of a subscription must be billed in the same interval here.", "items")
    now = clock.now()
    after = before | {"items": before["items"] | {"data": items}}
    paused = before["status"] == "paused"
    anew = (anchor_now or subscriptions.cycle(after)[1:] != subscriptions.cycle(before)[1:]) and not paused
    prorated = proration != "none" and not paused and before["items"]["data"] != items
    if prorated or (anew and proration != "none"):
        prorations.credit_unused(before, now)
    if anew:
        after |= {"billing_cycle_anchor": now}
        after["items"] = subscriptions.with_period(after, now, periods.after(*subscriptions.cycle(after), now))
    elif prorated:
        prorations.owe_remaining(after, now)
    previous = difference(before, after)
    store.put(after)
    invoice = None
    if anew or (prorated and proration == "always_invoice"):
        invoice = _bill(after, "subscription_update", (now, now), periods_too=anew)
        previous["latest_invoice"] = before["latest_invoice"]
        after = store.put(after | {"latest_invoice": invoice["id"]})
    if previous:
        events.emit("customer.subscription.updated", after, previous)
    if anew:
        expect(after)
    return _collected(subscription_id, invoice)


def insist_on_payment(subscription_id: str, invoice_before: str | None) -> None:
    """`payment_behavior=error_if_incomplete`: 402 if the invoice that a change made at once was not paid at once."""
    invoice_id = store.get(subscription_id)["latest_invoice"]
    if invoice_id == invoice_before or store.get(invoice_id)["status"] != "open":
        return
    intent = invoices.intent_to_pay(invoice_id)
    if intent["status"] == "processing":
        return
    error = intent["last_payment_error"] or {
        "message": "This payment requires additional user action before it can be completed successfully.",
        "code": "subscription_payment_intent_requires_action",
    }
    raise ApiError(402, "card_error", error["message"], error.get("code"), error.get("decline_code"))


def change_amount(subscription_id: str, unit_amount: int, interval: str | None = None) -> dict[str, Any]:
    """Another amount (minor units) or interval for the first item, without proration."""
    subscription = subscriptions.living(subscription_id)
    item = subscription["items"]["data"][0]
    price = item["price"]
    recurring = {
        "interval": interval or price["recurring"]["interval"],
        "interval_count": 1 if interval else price["recurring"]["interval_count"],
    }
    data = {
        "currency": price["currency"],
        "product": price["product"],
        "unit_amount": unit_amount,
        "recurring": recurring,
    }
    return change_items(subscription_id, [{"id": item["id"], "price_data": data}], "none")


def resume(subscription_id: str, *, anchor: str = "now", prorate: bool = True) -> dict[str, Any]:
    """End a pause. `anchor` now: a new period, billed at once; unchanged: the old rhythm, its rest billed next time."""
    before = subscriptions.living(subscription_id)
    if before["status"] != "paused":
        raise invalid("You can only resume subscriptions that are `paused`.", "status")
    now = clock.now()
    after = before | {"status": "active", "status_details": None}
    invoice = None
    if anchor == "now":
        after |= {"billing_cycle_anchor": now}
        after["items"] = subscriptions.with_period(after, now, periods.after(*subscriptions.cycle(after), now))
        store.put(after)
        invoice = _bill(after, "subscription_cycle", (now, now))
        after = store.put(after | {"latest_invoice": invoice["id"]})
    else:
        end = periods.after(*subscriptions.cycle(after), now)
        after["items"] = subscriptions.with_period(after, periods.before(*subscriptions.cycle(after), end), end)
        store.put(after)
        if prorate:
            prorations.owe_remaining(after, now)
    events.emit("customer.subscription.updated", after, difference(before, after))
    events.emit("customer.subscription.resumed", after)
    expect(after)
    return _collected(subscription_id, invoice)


def pay_page(invoice_id: str, method: dict[str, Any], *, authenticated: bool = False) -> dict[str, Any]:
    """The giver pays an invoice on its page; the new card becomes the one for the next times, too."""
    invoice = store.get(invoice_id)
    intent = dunning.pay(invoice_id, method["id"], off_session=False, authenticated=authenticated)
    if intent["status"] == "succeeded":
        payment_methods.attach(method["id"], invoice["customer"], saved=True)
        subscription_id = invoices.subscription_of(invoice)
        if subscription_id and store.get(subscription_id)["status"] not in subscriptions.ENDED:
            change(subscription_id, "customer.subscription.updated", default_payment_method=method["id"])
    return intent


def expect(subscription: dict[str, Any]) -> None:
    """Await the end of the current period, and the reminder before it."""
    _, end = subscriptions.period(subscription)
    timers.at(end, "subscription.cycle", subscription=subscription["id"], end=end)
    early = end - Config.current().upcoming_days * DAY
    if early > clock.now():
        timers.at(early, "invoice.upcoming", subscription=subscription["id"], end=end)


def _collected(subscription_id: str, invoice: dict[str, Any] | None) -> dict[str, Any]:
    """The subscription once an invoice that was drafted for it, if any, has been finalized and charged."""
    if invoice:
        invoices.finalize(invoice["id"])
        dunning.collect(invoice["id"])
    return store.get(subscription_id)


def _bill(
    subscription: dict[str, Any],
    reason: str,
    period: tuple[int, int],
    once: list[tuple[dict[str, Any], int]] | None = None,
    *,
    auto_advance: bool = True,
    periods_too: bool = True,
) -> dict[str, Any]:
    """Draft the invoice of the subscription's current period, with whatever waits for it, and make it the latest."""
    invoice_id = store.new_id("in_")
    lines = prorations.lines(subscription["id"], invoice_id)
    if periods_too:
        lines += [_line(invoice_id, item, subscriptions.period(subscription)) for item in subscription["items"]["data"]]
    for price, quantity in once or []:
        added = subscription["items"]["data"][0] | {"price": price, "quantity": quantity}
        lines.append(_line(invoice_id, added, (period[1], period[1])))
    invoice = invoices.draft(subscription, lines, reason, period, invoice_id)
    if not auto_advance:
        invoice = change(invoice_id, auto_advance=False, automatically_finalizes_at=None)
    if reason == "subscription_create":
        change(subscription["id"], latest_invoice=invoice_id)
    return invoice


def _line(invoice_id: str, item: dict[str, Any], period: tuple[int, int]) -> dict[str, Any]:
    name = store.get(item["price"]["product"])["name"]
    return invoices.line(store.new_id("il_"), invoice_id, item, period, description=f"{item['quantity']} × {name}")


def price_of(param: dict[str, Any], at: str) -> dict[str, Any] | None:
    """The price that an item parameter names or describes."""
    if "price" in param and "price_data" in param:
        raise invalid("You may only specify one of these parameters: price, price_data.", at)
    if "price" in param:
        return prices.existing(param["price"], f"{at}[price]")
    return prices.from_data(param["price_data"], f"{at}[price_data]") if "price_data" in param else None
