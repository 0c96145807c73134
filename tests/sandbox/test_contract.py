"""What the sandbox and Stripe have in common. Every scenario runs against the sandbox, and against Stripe's test mode
as well when STRIPE_TEST_KEY holds a test key: the same calls must show the same."""

import os
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from tests.sandbox import lifecycle
from tests.sandbox.lifecycle import DAY, HOUR

KEY = os.environ.get("STRIPE_TEST_KEY", "")
WORLDS = ["sandbox", *(["stripe"] if KEY.startswith(("sk_test_", "rk_test_")) else [])]


@pytest.fixture(params=WORLDS)
def client(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A client of the sandbox, or of Stripe itself."""
    if request.param == "sandbox":
        yield request.getfixturevalue("sandbox").client
    else:
        yield stripe.StripeClient(KEY)


def clock_of(client: Any) -> Any:
    """A test clock that shows the present."""
    known = client.v1.test_helpers.test_clocks.list({"limit": 1}).data
    now = max(int(time.time()), *(one.frozen_time for one in known)) if known else int(time.time())
    return client.v1.test_helpers.test_clocks.create({"frozen_time": now})


def advance(client: Any, clock: Any, to: int) -> None:
    """Move the test clock and wait until everything on the way has happened."""
    client.v1.test_helpers.test_clocks.advance(clock.id, {"frozen_time": to})
    pause = threading.Event()
    for _ in range(120):
        if client.v1.test_helpers.test_clocks.retrieve(clock.id).status == "ready":
            return
        pause.wait(1)
    raise AssertionError("the test clock never arrived")


def subscriber(client: Any, card: str = "pm_card_visa") -> tuple[Any, Any]:
    """A test clock and a monthly subscription on it, paid with that card."""
    clock = clock_of(client)
    customer = client.v1.customers.create({"email": "contract@example.org", "test_clock": clock.id})
    method = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    product = client.v1.products.create({"name": "Support"})
    price = client.v1.prices.create(
        {"product": product.id, "currency": "eur", "unit_amount": 1000, "recurring": {"interval": "month"}}
    )
    subscription = client.v1.subscriptions.create(
        {
            "customer": customer.id,
            "items": [{"price": price.id}],
            "default_payment_method": method.id,
            "metadata": {"donation": "1"},
        }
    )
    if card != "pm_card_visa":
        other = client.v1.payment_methods.attach(card, {"customer": customer.id})
        client.v1.subscriptions.update(subscription.id, {"default_payment_method": other.id})
    return clock, subscription


def test_a_subscription_is_active_and_its_first_invoice_paid(client: Any) -> None:
    _, subscription = subscriber(client)
    assert (subscription.status, subscription.billing_mode.type) == ("active", "flexible")
    invoice = client.v1.invoices.retrieve(subscription.latest_invoice, {"expand": ["payments"]})
    assert (invoice.status, invoice.billing_reason, invoice.amount_paid) == ("paid", "subscription_create", 1000)
    assert invoice.parent.subscription_details.subscription == subscription.id
    assert invoice.parent.subscription_details.metadata["donation"] == "1"
    assert invoice.payments.data[0].status == "paid"
    for thing in (subscription, invoice):
        lifecycle.check(thing.to_dict(for_json=True))


def test_a_renewal_is_drafted_and_an_hour_later_paid(client: Any) -> None:
    clock, subscription = subscriber(client)
    end = subscription["items"].data[0].current_period_end
    advance(client, clock, end + 60)
    (draft, _) = client.v1.invoices.list({"subscription": subscription.id}).data
    assert (draft.status, draft.billing_reason) == ("draft", "subscription_cycle")
    advance(client, clock, end + 2 * HOUR)
    paid = client.v1.invoices.retrieve(draft.id)
    assert (paid.status, paid.attempt_count) == ("paid", 1)
    assert paid.lines.data[0].period.start == end


def test_a_failing_renewal_leaves_the_invoice_open_and_the_subscription_past_due(client: Any) -> None:
    clock, subscription = subscriber(client, "pm_card_chargeCustomerFail")
    advance(client, clock, subscription["items"].data[0].current_period_end + 2 * HOUR)
    (invoice, _) = client.v1.invoices.list({"subscription": subscription.id}).data
    assert (invoice.status, invoice.attempt_count, invoice.attempted) == ("open", 1, True)
    assert invoice.next_payment_attempt > invoice.status_transitions.finalized_at
    assert invoice.hosted_invoice_url
    assert client.v1.subscriptions.retrieve(subscription.id).status == "past_due"
    method = client.v1.payment_methods.attach("pm_card_visa", {"customer": subscription.customer})
    assert client.v1.invoices.pay(invoice.id, {"payment_method": method.id}).status == "paid"
    assert client.v1.subscriptions.retrieve(subscription.id).status == "active"


def test_another_amount_without_proration_changes_only_what_comes(client: Any) -> None:
    _, subscription = subscriber(client)
    item = subscription["items"].data[0]
    data = {"currency": "eur", "product": item.price.product, "unit_amount": 1500, "recurring": {"interval": "month"}}
    changed = client.v1.subscriptions.update(
        subscription.id, {"items": [{"id": item.id, "price_data": data}], "proration_behavior": "none"}
    )
    assert [one.price.unit_amount for one in changed["items"].data] == [1500]
    assert changed["items"].data[0].current_period_end == item.current_period_end
    assert len(client.v1.invoices.list({"subscription": subscription.id}).data) == 1
    assert client.v1.invoices.create_preview({"subscription": subscription.id}).amount_due == 1500


def test_cancelling_with_the_period_and_taking_it_back(client: Any) -> None:
    _, subscription = subscriber(client)
    going = client.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    assert (going.status, going.cancel_at_period_end) == ("active", True)
    assert going.cancel_at == going["items"].data[0].current_period_end
    assert going.cancellation_details.reason == "cancellation_requested"
    staying = client.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": False})
    assert (staying.cancel_at_period_end, staying.cancel_at, staying.canceled_at) == (False, None, None)


def test_cancelling_now_is_final(client: Any) -> None:
    _, subscription = subscriber(client)
    gone = client.v1.subscriptions.cancel(subscription.id)
    assert gone.status == "canceled"
    assert gone.ended_at is not None
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.subscriptions.cancel(subscription.id)
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")


def test_a_refund_in_parts_and_one_too_many(client: Any) -> None:
    _, subscription = subscriber(client)
    invoice = client.v1.invoices.retrieve(
        subscription.latest_invoice, {"expand": ["payments.data.payment.payment_intent"]}
    )
    intent = invoice.payments.data[0].payment.payment_intent
    assert (intent.status, intent.amount_received) == ("succeeded", 1000)
    first = client.v1.refunds.create({"payment_intent": intent.id, "amount": 400})
    assert (first.status, first.charge) == ("succeeded", intent.latest_charge)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"charge": intent.latest_charge, "amount": 700})
    client.v1.refunds.create({"charge": intent.latest_charge})
    charge = client.v1.charges.retrieve(intent.latest_charge)
    assert (charge.amount_refunded, charge.refunded) == (1000, True)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"charge": charge.id})
    assert refused.value.code == "charge_already_refunded"
    lifecycle.check(charge.to_dict(for_json=True))


def test_a_session_is_open_until_it_is_expired(client: Any) -> None:
    line = {"quantity": 1, "price_data": {"currency": "eur", "unit_amount": 500, "product_data": {"name": "Support"}}}
    opened = client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "line_items": [line],
            "success_url": "https://example.org/{CHECKOUT_SESSION_ID}",
            "customer_email": "contract@example.org",
            "adaptive_pricing": {"enabled": False},
            "payment_intent_data": {"metadata": {"donation": "1"}},
        }
    )
    assert (opened.status, opened.payment_status, opened.payment_intent, opened.amount_total) == (
        "open",
        "unpaid",
        None,
        500,
    )
    assert opened.expires_at - opened.created == DAY
    lifecycle.check(opened.to_dict(for_json=True))
    gone = client.v1.checkout.sessions.expire(opened.id)
    assert (gone.status, gone.url) == ("expired", None)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.expire(opened.id)


def test_one_key_makes_one_object(client: Any) -> None:
    key = f"contract-{uuid.uuid4()}"
    first = client.v1.customers.create({"name": "One"}, {"idempotency_key": key})
    again = client.v1.customers.create({"name": "One"}, {"idempotency_key": key})
    assert first.id == again.id
    with pytest.raises(stripe.IdempotencyError):
        client.v1.customers.create({"name": "Two"}, {"idempotency_key": key})


def test_a_card_that_declines_cannot_be_attached(client: Any) -> None:
    customer = client.v1.customers.create({"name": "One"})
    with pytest.raises(stripe.CardError) as refused:
        client.v1.payment_methods.attach("pm_card_visa_chargeDeclinedInsufficientFunds", {"customer": customer.id})
    assert (refused.value.http_status, refused.value.code) == (402, "card_declined")
    assert refused.value.error
    assert refused.value.error.decline_code == "insufficient_funds"


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda v1: v1.customers.retrieve("cus_nobody"), "resource_missing"),
        (lambda v1: v1.customers.create({"nonsense": "1"}), "parameter_unknown"),
        (lambda v1: v1.customers.create({"email": "nonsense"}), "email_invalid"),
        (lambda v1: v1.prices.create({"currency": "eur"}), None),
        (lambda v1: v1.customers.list({"limit": 1000}), None),
    ],
)
def test_a_refusal_has_the_code_that_stripe_gives_it(client: Any, call: Any, code: str | None) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        call(client.v1)
    if code:
        assert refused.value.code == code
