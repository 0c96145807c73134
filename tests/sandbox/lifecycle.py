"""How tests give, advance the clock and look at what the sandbox said, through its HTTP face alone."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import requests

from sandbox import sdk, store
from sandbox.models import Timer
from tests.sandbox.conftest import Sandbox

DAY, HOUR = 86_400, 3_600
GOOD = "4242424242424242"
LEFT_OUT: Any = object()
"""In place of a parameter: send none."""
SAMPLES = Path(__file__).parents[3] / "shared/stripe/sample_objects.json"
KEYS: dict[str, Any] = json.loads((Path(__file__).parent / "sample_keys.json").read_text())
"""Per kind the keys of Stripe's own sample object, as `skeleton` leaves them."""


def skeleton(sample: Any) -> Any:
    """A sample object without its values: maps stay, lists keep their first map, anything else is null."""
    if isinstance(sample, dict):
        return {key: skeleton(value) for key, value in sample.items()}
    if isinstance(sample, list):
        return [skeleton(sample[0])] if sample and isinstance(sample[0], dict) else []
    return None


def session(sandbox: Sandbox, amount: int = 1000, currency: str = "eur", interval: str = "", **more: Any) -> Any:
    """An open Checkout Session for one line; `interval` makes it a subscription."""
    price: dict[str, Any] = {"currency": currency, "unit_amount": amount, "product_data": {"name": "Support"}}
    if interval:
        price["recurring"] = {"interval": interval}
    params: dict[str, Any] = {
        "mode": "subscription" if interval else "payment",
        "line_items": [{"price_data": price, "quantity": 1}],
        "success_url": "https://news.example/thanks/?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://news.example/support/",
        "customer_email": "olena@example.org",
    }
    wanted = {key: value for key, value in (params | more).items() if value is not LEFT_OUT}
    return sandbox.client.v1.checkout.sessions.create(wanted)


def press(sandbox: Sandbox, url: str, **fields: str) -> requests.Response:
    """Send a hosted page's form without following where it leads."""
    return requests.post(url, data=fields, allow_redirects=False, timeout=60)


def pay(sandbox: Sandbox, opened: Any, number: str = GOOD, **more: str) -> requests.Response:
    """Pay a session with a card."""
    fields = {"number": number, "exp": "12/34", "cvc": "123", "name": "Olena Kovalenko"} | more
    return press(sandbox, opened.url, **fields)


def subscribe(sandbox: Sandbox, amount: int = 1000, interval: str = "month", number: str = GOOD, **more: Any) -> Any:
    """A subscription that has just begun, its balance transaction booked."""
    opened = session(sandbox, amount, interval=interval, **more)
    assert pay(sandbox, opened, number).status_code == 303
    sandbox.post("clock", advance=5)
    done = sandbox.client.v1.checkout.sessions.retrieve(opened.id)
    return sandbox.client.v1.subscriptions.retrieve(done.subscription)


def give(sandbox: Sandbox, amount: int = 1000, currency: str = "eur", number: str = GOOD, **more: Any) -> Any:
    """A charge that has just been made once, its balance transaction booked."""
    opened = session(sandbox, amount, currency, **more)
    assert pay(sandbox, opened, number).status_code == 303
    sandbox.post("clock", advance=3)
    done = sandbox.client.v1.checkout.sessions.retrieve(opened.id, {"expand": ["payment_intent.latest_charge"]})
    return done.payment_intent.latest_charge


def events(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Every event so far, oldest first. The API lists those of thirty days, so this looks into the drawer itself."""
    assert sandbox.post("tick")["timers_failed"] == 0, [timer.error for timer in Timer.objects.exclude(error="")]
    return store.find("event")[::-1]


def types(sandbox: Sandbox, since: int = 0) -> Counter[str]:
    """How often each type of event happened, leaving out the first `since`."""
    return Counter(event["type"] for event in events(sandbox)[since:])


def balance_sums(sandbox: Sandbox) -> dict[str, int]:
    """Per currency, available and pending together, as /v1/balance says."""
    told = sandbox.client.v1.balance.retrieve().to_dict(for_json=True)
    sums: Counter[str] = Counter()
    for part in told["available"] + told["pending"]:
        sums[part["currency"]] += part["amount"]
    return {currency: amount for currency, amount in sums.items() if amount}


def transaction_sums(sandbox: Sandbox) -> dict[str, int]:
    """Per currency, the net of all balance transactions."""
    sums: Counter[str] = Counter()
    for transaction in sandbox.client.v1.balance_transactions.list({"limit": 100}).auto_paging_iter():
        sums[transaction.currency] += transaction.net
    return {currency: amount for currency, amount in sums.items() if amount}


def check(obj: dict[str, Any], excused: str = "") -> None:
    """The object is as the SDK's annotations have it and lacks no key that Stripe's sample of its kind shows.

    A bank debit has its own details where the samples, all of cards, have the card's."""
    complaints = [text for text in sdk.check_object(obj) if not excused or excused not in text]
    assert complaints == [], (obj.get("id"), complaints)
    if obj.get("deleted"):
        return
    kind = (obj.get("payment_method_details") or obj).get("type")
    not_of_cards = ["payment_method_details.card:", "payment_method.card:"] if kind == "sepa_debit" else []
    pardons = [*not_of_cards, *([excused] if excused else [])]
    missing = sdk.missing_keys(obj, KEYS[obj["object"]]) if obj["object"] in KEYS else []
    lacking = [text for text in missing if not any(pardon in text for pardon in pardons)]
    assert lacking == [], (obj["object"], lacking)


def check_everything(sandbox: Sandbox) -> int:
    """Check every event with its object, and every object that the lists of the API answer; says how many."""
    count = 0
    for event in events(sandbox):
        excused = ".id" if event["type"] == "invoice.upcoming" else ""
        check(event, excused)
        check(event["data"]["object"], excused)
        count += 1
    v1 = sandbox.client.v1
    for noun in (
        v1.customers,
        v1.products,
        v1.prices,
        v1.subscriptions,
        v1.invoices,
        v1.invoice_payments,
        v1.payment_intents,
        v1.charges,
        v1.balance_transactions,
        v1.refunds,
        v1.disputes,
        v1.payouts,
        v1.setup_intents,
        v1.payment_methods,
        v1.checkout.sessions,
        v1.billing_portal.configurations,
    ):
        params = {"limit": 100} | ({"status": "all"} if noun is v1.subscriptions else {})
        for thing in noun.list(params).auto_paging_iter():
            check(thing.to_dict(for_json=True))
            count += 1
    check(v1.balance.retrieve().to_dict(for_json=True))
    return count
