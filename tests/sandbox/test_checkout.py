"""Checkout: what exists before, during and after somebody pays on the hosted page."""

import json
from typing import Any

import pytest
import stripe

from tests.sandbox import lifecycle
from tests.sandbox.conftest import Sandbox


def test_paying_once_leads_back_and_leaves_one_succeeded_charge(sandbox: Sandbox) -> None:
    metadata = {"donation": "7"}
    opened = lifecycle.session(sandbox, 1250, metadata={"only": "session"}, payment_intent_data={"metadata": metadata})
    assert (opened.status, opened.payment_status, opened.payment_intent) == ("open", "unpaid", None)
    answer = lifecycle.pay(sandbox, opened)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"https://news.example/thanks/?session={opened.id}"
    done = sandbox.client.v1.checkout.sessions.retrieve(
        opened.id, {"expand": ["payment_intent.latest_charge", "line_items"]}
    )
    assert (done.status, done.payment_status, done.url, done.customer) == ("complete", "paid", None, None)
    assert done.customer_details.email == "olena@example.org"
    assert done.line_items.data[0].amount_total == 1250
    intent = done.payment_intent
    assert (intent.status, intent.amount_received, intent.metadata.to_dict()) == ("succeeded", 1250, metadata)
    assert intent.latest_charge.balance_transaction is None
    assert "olena@example.org" in intent.latest_charge.billing_details.email
    happened = lifecycle.types(sandbox)
    assert (
        happened["checkout.session.completed"]
        == happened["charge.succeeded"]
        == happened["payment_intent.succeeded"]
        == 1
    )
    assert happened["customer.created"] == 0


def test_fee_and_net_arrive_two_seconds_later(sandbox: Sandbox) -> None:
    charge = lifecycle.give(sandbox, 1000)
    booked = sandbox.client.v1.balance_transactions.retrieve(charge.balance_transaction)
    assert (booked.amount, booked.fee, booked.net, booked.currency, booked.status) == (1000, 59, 941, "eur", "pending")
    (update,) = [event for event in lifecycle.events(sandbox) if event["type"] == "charge.updated"]
    assert update["data"]["previous_attributes"] == {"balance_transaction": None}
    assert lifecycle.check_everything(sandbox) > 10


def test_a_subscription_is_made_only_once_it_is_paid(sandbox: Sandbox) -> None:
    opened = lifecycle.session(sandbox, interval="month", subscription_data={"metadata": {"donation": "9"}})
    assert lifecycle.pay(sandbox, opened, "4000000000000002").status_code == 402
    assert sandbox.client.v1.subscriptions.list({"status": "all"}).data == []
    assert sandbox.client.v1.customers.list().data == []
    assert lifecycle.pay(sandbox, opened).status_code == 303
    done = sandbox.client.v1.checkout.sessions.retrieve(opened.id, {"expand": ["subscription", "invoice.payments"]})
    assert done.subscription.status == "active"
    assert done.subscription.metadata["donation"] == "9"
    assert done.subscription.customer == done.customer
    assert done.invoice.status == "paid"
    assert done.invoice.billing_reason == "subscription_create"
    assert done.invoice.parent.subscription_details.metadata["donation"] == "9"
    assert done.invoice.hosted_invoice_url.startswith(sandbox.url)
    (payment,) = done.invoice.payments.data
    intent = sandbox.client.v1.payment_intents.retrieve(payment.payment.payment_intent)
    assert (payment.status, payment.amount_paid, intent.customer) == ("paid", 1000, done.customer)
    back = sandbox.client.v1.invoice_payments.list({"payment": {"type": "payment_intent", "payment_intent": intent.id}})
    assert [one.invoice for one in back.data] == [done.invoice.id]
    happened = lifecycle.types(sandbox)
    for name in (
        "customer.created",
        "payment_method.attached",
        "customer.subscription.created",
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice_payment.paid",
        "checkout.session.completed",
    ):
        assert happened[name] == 1, name
    sandbox.post("clock", advance=3)
    lifecycle.check_everything(sandbox)


DECLINES = {
    "4000000000000002": ("card_declined", "generic_decline", "Your card was declined."),
    "4000000000009995": ("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    "4000000000009987": ("card_declined", "lost_card", "Your card was declined."),
    "4000000000009979": ("card_declined", "stolen_card", "Your card was declined."),
    "4000000000000069": ("expired_card", None, "Your card has expired."),
    "4000000000000127": ("incorrect_cvc", None, "security code is incorrect"),
    "4000000000000119": ("processing_error", None, "An error occurred while processing your card."),
    "4000000000006975": ("card_declined", "card_velocity_exceeded", "repeated attempts"),
    "4000000000004954": ("card_declined", "fraudulent", "Your card was declined."),
}


@pytest.mark.parametrize("number", DECLINES)
def test_a_declined_card_stays_on_the_page(sandbox: Sandbox, number: str) -> None:
    code, decline_code, message = DECLINES[number]
    opened = lifecycle.session(sandbox)
    answer = lifecycle.pay(sandbox, opened, number)
    assert answer.status_code == 402
    assert message in answer.text.replace("&#x27;", "'")
    now = sandbox.client.v1.checkout.sessions.retrieve(opened.id, {"expand": ["payment_intent"]})
    assert now.status == "open"
    error = now.payment_intent.last_payment_error.to_dict()
    assert (error["code"], error.get("decline_code")) == (code, decline_code)
    (charge,) = sandbox.client.v1.charges.list().data
    assert (charge.status, charge.failure_code, charge.paid) == ("failed", code, False)
    assert lifecycle.pay(sandbox, opened).status_code == 303
    assert len(sandbox.client.v1.payment_intents.list().data) == 1
    lifecycle.check_everything(sandbox)


@pytest.mark.parametrize("number", ["4242424242424241", "12", "", "4111111111111111"])
def test_a_number_that_is_no_test_card_is_refused(sandbox: Sandbox, number: str) -> None:
    opened = lifecycle.session(sandbox)
    assert lifecycle.pay(sandbox, opened, number).status_code == 402
    assert sandbox.client.v1.charges.list().data == []


def test_a_card_with_3d_secure_asks_and_then_pays(sandbox: Sandbox) -> None:
    opened = lifecycle.session(sandbox)
    answer = lifecycle.pay(sandbox, opened, "4000002760003184")
    assert answer.headers["Location"] == f"/pay/{opened.id}"
    intent = sandbox.client.v1.checkout.sessions.retrieve(opened.id, {"expand": ["payment_intent"]}).payment_intent
    assert intent.status == "requires_action"
    failed = lifecycle.press(sandbox, opened.url, action="authenticate", outcome="fail")
    assert "unable to authenticate" in failed.text
    assert lifecycle.pay(sandbox, opened, "4000002760003184").status_code == 303
    done = lifecycle.press(sandbox, opened.url, action="authenticate", outcome="complete")
    assert done.headers["Location"].startswith("https://news.example/thanks/")
    assert sandbox.client.v1.checkout.sessions.retrieve(opened.id).payment_status == "paid"
    lifecycle.check_everything(sandbox)


def test_3d_secure_may_be_followed_by_a_decline(sandbox: Sandbox) -> None:
    opened = lifecycle.session(sandbox)
    lifecycle.pay(sandbox, opened, "4000008260003178")
    answer = lifecycle.press(sandbox, opened.url, action="authenticate", outcome="complete")
    assert answer.status_code == 402
    assert "insufficient funds" in answer.text


@pytest.mark.parametrize("interval", ["", "month"])
@pytest.mark.parametrize(
    ("iban", "succeeds"),
    [("AT611904300234573201", True), ("AT321904300235473204", True), ("AT861904300235473202", False)],
)
def test_a_bank_debit_is_known_later(sandbox: Sandbox, iban: str, succeeds: bool, interval: str) -> None:
    opened = lifecycle.session(sandbox, 2000, interval=interval)
    answer = lifecycle.press(sandbox, opened.url, method="sepa_debit", iban=iban, name="Olena")
    assert answer.status_code == 303
    first = sandbox.client.v1.checkout.sessions.retrieve(opened.id)
    assert (first.status, first.payment_status) == ("complete", "unpaid")
    (charge,) = sandbox.client.v1.charges.list().data
    assert charge.status == "pending"
    sandbox.post("clock", advance=200)
    after = sandbox.client.v1.checkout.sessions.retrieve(opened.id)
    happened = lifecycle.types(sandbox)
    if succeeds:
        assert after.payment_status == "paid"
        assert happened["checkout.session.async_payment_succeeded"] == happened["charge.updated"] == 1
        assert lifecycle.balance_sums(sandbox) == {"eur": 2000 - 88}
    else:
        assert after.payment_status == "unpaid"
        assert happened["checkout.session.async_payment_failed"] == happened["charge.failed"] == 1
        assert lifecycle.balance_sums(sandbox) == {}
    if interval:
        subscription = sandbox.client.v1.subscriptions.retrieve(after.subscription, {"expand": ["latest_invoice"]})
        assert subscription.status == ("active" if succeeds else "past_due")
        assert subscription.latest_invoice.status == ("paid" if succeeds else "open")
    lifecycle.check_everything(sandbox)


def test_an_open_session_expires_in_time_or_on_demand(sandbox: Sandbox) -> None:
    first, second = lifecycle.session(sandbox), lifecycle.session(sandbox)
    gone = sandbox.client.v1.checkout.sessions.expire(first.id)
    assert (gone.status, gone.url) == ("expired", None)
    sandbox.post("clock", advance=25 * lifecycle.HOUR)
    assert sandbox.client.v1.checkout.sessions.retrieve(second.id).status == "expired"
    assert lifecycle.types(sandbox)["checkout.session.expired"] == 2
    assert lifecycle.pay(sandbox, second).status_code == 410
    assert sandbox.client.v1.payment_intents.list().data == []
    lifecycle.check_everything(sandbox)


def test_a_complete_session_cannot_be_expired_or_paid_again(sandbox: Sandbox) -> None:
    opened = lifecycle.session(sandbox)
    lifecycle.pay(sandbox, opened)
    with pytest.raises(stripe.InvalidRequestError, match="status of `complete`"):
        sandbox.client.v1.checkout.sessions.expire(opened.id)
    assert lifecycle.pay(sandbox, opened).status_code == 200
    assert len(sandbox.client.v1.charges.list().data) == 1


def test_an_expired_session_may_be_recovered(sandbox: Sandbox) -> None:
    opened = lifecycle.session(sandbox, after_expiration={"recovery": {"enabled": True}})
    gone = sandbox.client.v1.checkout.sessions.expire(opened.id)
    answer = sandbox.call("GET", gone.after_expiration.recovery.url.removeprefix(sandbox.url), allow_redirects=False)
    again = sandbox.client.v1.checkout.sessions.list({"status": "open"}).data[0]
    assert (answer.headers["Location"], again.recovered_from) == (again.url, opened.id)
    assert lifecycle.pay(sandbox, again).status_code == 303


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"mode": "payment", "line_items": []}, "line_items"),
    ({"customer": "cus_nobody", "customer_email": "a@example.org"}, "customer_email"),
    ({"customer": "cus_nobody", "customer_email": None}, "customer"),
    ({"subscription_data": {"metadata": {"a": "b"}}}, "subscription_data"),
    ({"customer_email": "nonsense"}, "customer_email"),
    ({"ui_mode": "embedded_page"}, "ui_mode"),
    ({"expires_at": 10}, "expires_at"),
    ({"adaptive_pricing": {"enabled": True}}, "enabled"),
    ({"payment_intent_data": {"statement_descriptor": "NEWS"}}, "payment_intent_data[statement_descriptor]"),
    ({"payment_method_types": ["card"]}, "payment_method_types"),
]


@pytest.mark.parametrize(("more", "param"), REFUSED, ids=[param for _, param in REFUSED])
def test_a_session_that_makes_no_sense_is_refused(sandbox: Sandbox, more: dict[str, Any], param: str) -> None:
    more = {"customer_email": "a@example.org", **more}
    if more["customer_email"] is None:
        del more["customer_email"]
        with pytest.raises(stripe.InvalidRequestError) as refused:
            sandbox.client.v1.checkout.sessions.create(
                {"mode": "payment", "success_url": "https://x.example/", "line_items": LINE, **more}
            )
    else:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            lifecycle.session(sandbox, **more)
    assert refused.value.param == param
    assert sandbox.client.v1.checkout.sessions.list().data == []


LINE: list[Any] = [
    {"quantity": 1, "price_data": {"currency": "eur", "unit_amount": 500, "product_data": {"name": "Support"}}}
]


@pytest.mark.parametrize(
    ("amount", "currency"),
    [(49, "eur"), (49, "jpy"), (29, "gbp"), (199, "pln"), (12345, "ugx"), (-5, "eur"), (10**9, "eur")],
)
def test_an_amount_that_cannot_be_charged_is_refused(sandbox: Sandbox, amount: int, currency: str) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        lifecycle.session(sandbox, amount, currency)


def test_setup_mode_saves_a_card_without_a_charge(sandbox: Sandbox) -> None:
    customer = sandbox.client.v1.customers.create({"email": "olena@example.org"})
    opened = sandbox.client.v1.checkout.sessions.create(
        {"mode": "setup", "currency": "eur", "customer": customer.id, "success_url": "https://news.example/"}
    )
    assert lifecycle.pay(sandbox, opened).status_code == 303
    done = sandbox.client.v1.checkout.sessions.retrieve(opened.id, {"expand": ["setup_intent.payment_method"]})
    assert (done.setup_intent.status, done.setup_intent.payment_method.customer) == ("succeeded", customer.id)
    assert lifecycle.types(sandbox)["setup_intent.succeeded"] == 1
    assert sandbox.client.v1.charges.list().data == []
    lifecycle.check_everything(sandbox)


def test_the_committed_keys_are_those_of_the_sample_objects() -> None:
    if not lifecycle.SAMPLES.exists():
        assert lifecycle.KEYS["charge"]["payment_method_details"]["card"]
        return
    samples = json.loads(lifecycle.SAMPLES.read_text())["resources"]
    for kind, keys in lifecycle.KEYS.items():
        sample = samples[kind] | ({"data": {}} if kind == "event" else {})
        assert lifecycle.skeleton(sample) | {"object": kind} == keys
