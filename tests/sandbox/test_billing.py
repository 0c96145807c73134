"""Subscriptions through time: renewals, failures and their end, changes, pauses, cancellations."""

from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from tests.sandbox import lifecycle
from tests.sandbox.conftest import Sandbox
from tests.sandbox.lifecycle import DAY, HOUR

FAILS_LATER = "4000000000000341"


def at(text: str) -> int:
    """A moment in UTC as a Unix second."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def day(moment: int) -> str:
    """The day of a Unix second."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")


def end_of(sandbox: Sandbox, subscription: Any) -> int:
    """When the current period ends, as of now."""
    item = sandbox.client.v1.subscriptions.retrieve(subscription.id)["items"]["data"][0]
    end: int = item["current_period_end"]
    return end


def renew(sandbox: Sandbox, subscription: Any) -> None:
    """Go to the end of the period and through the hour that the invoice is a draft."""
    sandbox.post("clock", to=end_of(sandbox, subscription) + HOUR + 10)


def latest(sandbox: Sandbox, subscription: Any) -> Any:
    """The subscription's newest invoice."""
    return sandbox.client.v1.invoices.list({"subscription": subscription.id}).data[0]


def change_card(sandbox: Sandbox, subscription: Any, number: str) -> None:
    """Put another card behind the subscription, on the portal's page."""
    portal = sandbox.client.v1.billing_portal.sessions.create({"customer": subscription.customer})
    answer = lifecycle.press(sandbox, portal.url, action="card", number=number, exp="11/33", cvc="123")
    assert answer.status_code == 303, answer.text


def test_a_renewal_is_a_draft_for_an_hour_and_then_paid(sandbox: Sandbox) -> None:
    subscription = lifecycle.subscribe(sandbox, subscription_data={"metadata": {"donation": "3"}})
    start, end = subscription["items"]["data"][0]["current_period_start"], end_of(sandbox, subscription)
    before = len(lifecycle.events(sandbox))
    sandbox.post("clock", to=end + 60)
    draft = latest(sandbox, subscription)
    assert (draft.status, draft.billing_reason, draft.auto_advance) == ("draft", "subscription_cycle", True)
    assert (draft.period_start, draft.period_end) == (start, end)
    assert draft.automatically_finalizes_at == end + HOUR
    line = draft.lines.data[0]
    assert (line.period.start, line.period.end) == (end, end_of(sandbox, subscription))
    assert line.parent.subscription_item_details.subscription == subscription.id
    sandbox.post("clock", to=end + HOUR + 10)
    paid = sandbox.client.v1.invoices.retrieve(draft.id, {"expand": ["payments.data.payment.payment_intent"]})
    assert (paid.status, paid.attempt_count, paid.amount_paid, paid.next_payment_attempt) == ("paid", 1, 1000, None)
    assert paid.status_transitions.finalized_at == paid.status_transitions.paid_at == end + HOUR
    assert paid.parent.subscription_details.metadata["donation"] == "3"
    charge = paid.payments.data[0].payment.payment_intent.latest_charge
    assert sandbox.client.v1.charges.retrieve(charge).balance_transaction
    happened = lifecycle.types(sandbox, before)
    for name in (
        "invoice.upcoming",
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice_payment.paid",
        "payment_intent.created",
        "payment_intent.succeeded",
        "charge.succeeded",
        "charge.updated",
        "customer.subscription.updated",
    ):
        assert happened[name] == 1, name
    lifecycle.check_everything(sandbox)


def test_a_period_moves_with_an_event_that_says_what_it_was(sandbox: Sandbox) -> None:
    subscription = lifecycle.subscribe(sandbox)
    end = end_of(sandbox, subscription)
    sandbox.post("clock", to=end + 1)
    event = [one for one in lifecycle.events(sandbox) if one["type"] == "customer.subscription.updated"][-1]
    previous = event["data"]["previous_attributes"]
    assert previous["items"]["data"][0]["current_period_end"] == end
    assert previous["latest_invoice"] == subscription.latest_invoice


@pytest.mark.parametrize(
    ("start", "interval", "days"),
    [
        ("2027-01-31", "month", ["2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"]),
        ("2027-12-30", "month", ["2028-01-30", "2028-02-29", "2028-03-30"]),
        ("2028-02-29", "year", ["2029-02-28", "2030-02-28"]),
        ("2027-03-31", "week", ["2027-04-07", "2027-04-14"]),
    ],
)
def test_an_anchor_keeps_its_day_where_the_month_has_it(
    sandbox: Sandbox, start: str, interval: str, days: list[str]
) -> None:
    sandbox.post("clock", to=at(start) + 12 * HOUR)
    subscription = lifecycle.subscribe(sandbox, interval=interval)
    seen = []
    for _ in days:
        seen.append(day(end_of(sandbox, subscription)))
        renew(sandbox, subscription)
    assert seen == days
    assert len(sandbox.client.v1.charges.list({"limit": 100}).data) == len(days) + 1


def test_a_failing_renewal_is_tried_again_and_ends_in_cancellation(sandbox: Sandbox) -> None:
    subscription = lifecycle.subscribe(sandbox)
    change_card(sandbox, subscription, FAILS_LATER)
    end = end_of(sandbox, subscription)
    renew(sandbox, subscription)
    invoice = latest(sandbox, subscription)
    first = end + HOUR
    assert (invoice.status, invoice.attempt_count, invoice.next_payment_attempt) == ("open", 1, first + 3 * DAY)
    assert sandbox.client.v1.subscriptions.retrieve(subscription.id).status == "past_due"
    assert sandbox.client.v1.customers.retrieve(subscription.customer).delinquent is True
    counts = []
    for days in (3, 5):
        sandbox.post("clock", to=first + days * DAY + 10)
        counts.append(latest(sandbox, subscription).attempt_count)
    assert counts == [2, 3]
    assert latest(sandbox, subscription).next_payment_attempt == first + 7 * DAY
    sandbox.post("clock", to=first + 7 * DAY + 10)
    ended, invoice = sandbox.client.v1.subscriptions.retrieve(subscription.id), latest(sandbox, subscription)
    assert (ended.status, ended.cancellation_details.reason) == ("canceled", "payment_failed")
    assert (invoice.status, invoice.attempt_count, invoice.next_payment_attempt, invoice.auto_advance) == (
        "open",
        4,
        None,
        False,
    )
    happened = lifecycle.types(sandbox)
    assert (
        happened["invoice.payment_failed"]
        == happened["charge.failed"]
        == happened["payment_intent.payment_failed"]
        == 4
    )
    assert happened["customer.subscription.deleted"] == 1
    sandbox.post("clock", advance=70 * DAY)
    assert len(sandbox.client.v1.invoices.list({"subscription": subscription.id}).data) == 2
    lifecycle.check_everything(sandbox)


@pytest.mark.parametrize(("outcome", "status"), [("unpaid", "unpaid"), ("past_due", "past_due"), ("pause", "paused")])
def test_the_end_of_patience_is_as_configured(sandbox: Sandbox, outcome: str, status: str) -> None:
    configure(final_outcome=outcome)
    subscription = lifecycle.subscribe(sandbox)
    change_card(sandbox, subscription, FAILS_LATER)
    renew(sandbox, subscription)
    failed = latest(sandbox, subscription)
    sandbox.post("clock", advance=8 * DAY)
    assert sandbox.client.v1.subscriptions.retrieve(subscription.id).status == status
    renew(sandbox, subscription)
    newest = latest(sandbox, subscription)
    if outcome == "unpaid":
        assert (newest.status, newest.auto_advance) == ("draft", False)
    elif outcome == "past_due":
        assert (newest.status, newest.attempt_count) == ("open", 1)
    else:
        assert newest.id == failed.id
        reason = sandbox.client.v1.subscriptions.retrieve(subscription.id).status_details.paused.subscription.type
        assert reason == "final_payment_failure"
    lifecycle.check_everything(sandbox)


def configure(**fields: Any) -> None:
    """Set the account's settings as its dashboard does."""
    from sandbox.models import Config

    Config.objects.update(**fields)


def test_a_new_card_on_the_invoice_page_recovers_the_subscription(sandbox: Sandbox) -> None:
    subscription = lifecycle.subscribe(sandbox)
    change_card(sandbox, subscription, FAILS_LATER)
    renew(sandbox, subscription)
    invoice = latest(sandbox, subscription)
    assert "Pay this invoice" in sandbox.call("GET", f"/invoice/{invoice.id}").text
    refused = lifecycle.press(sandbox, invoice.hosted_invoice_url, number="4000000000009995", exp="12/34", cvc="123")
    assert "insufficient funds" in refused.text
    paid = lifecycle.press(sandbox, invoice.hosted_invoice_url, number=lifecycle.GOOD, exp="12/34", cvc="123")
    assert paid.status_code == 303
    assert latest(sandbox, subscription).status == "paid"
    assert latest(sandbox, subscription).attempt_count == 1
    assert sandbox.client.v1.subscriptions.retrieve(subscription.id).status == "active"
    assert sandbox.client.v1.customers.retrieve(subscription.customer).delinquent is False
    renew(sandbox, subscription)
    assert latest(sandbox, subscription).status == "paid"
    assert len(sandbox.client.v1.invoices.list({"subscription": subscription.id}).data) == 3
    lifecycle.check_everything(sandbox)


def test_a_good_card_is_found_by_the_next_retry(sandbox: Sandbox) -> None:
    subscription = lifecycle.subscribe(sandbox)
    change_card(sandbox, subscription, FAILS_LATER)
    renew(sandbox, subscription)
    change_card(sandbox, subscription, lifecycle.GOOD)
    assert latest(sandbox, subscription).status == "open"
    sandbox.post("clock", advance=3 * DAY)
    assert (latest(sandbox, subscription).status, latest(sandbox, subscription).attempt_count) == ("paid", 2)
    assert sandbox.client.v1.subscriptions.retrieve(subscription.id).status == "active"


def test_a_renewal_that_needs_the_giver_waits_for_them(sandbox: Sandbox) -> None:
    subscription = lifecycle.subscribe(sandbox)
    change_card(sandbox, subscription, "4000002760003184")
    renew(sandbox, subscription)
    invoice = sandbox.client.v1.invoices.retrieve(
        latest(sandbox, subscription).id, {"expand": ["payments.data.payment.payment_intent"]}
    )
    assert invoice.payments.data[0].payment.payment_intent.status == "requires_action"
    happened = lifecycle.types(sandbox)
    assert happened["invoice.payment_action_required"] == happened["invoice.payment_failed"] == 1
    assert happened["payment_intent.requires_action"] == 1
    assert sandbox.client.v1.subscriptions.retrieve(subscription.id).status == "past_due"
    sandbox.post("clock", advance=3 * DAY)
    assert latest(sandbox, subscription).attempt_count == 2
    assert lifecycle.types(sandbox)["invoice.payment_action_required"] == 1, "the retry is counted, not sent"
    assert "3D Secure" in sandbox.call("GET", f"/invoice/{invoice.id}").text
    done = lifecycle.press(sandbox, invoice.hosted_invoice_url, action="authenticate", outcome="complete")
    assert done.status_code == 303
    assert latest(sandbox, subscription).status == "paid"
    assert sandbox.client.v1.subscriptions.retrieve(subscription.id).status == "active"
    lifecycle.check_everything(sandbox)


def test_a_card_that_asks_once_does_not_ask_again(sandbox: Sandbox) -> None:
    opened = lifecycle.session(sandbox, interval="month")
    lifecycle.pay(sandbox, opened, "4000002500003155")
    lifecycle.press(sandbox, opened.url, action="authenticate", outcome="complete")
    done = sandbox.client.v1.checkout.sessions.retrieve(opened.id, {"expand": ["subscription"]})
    renew(sandbox, done.subscription)
    assert latest(sandbox, done.subscription).status == "paid"


def test_the_api_pays_an_open_invoice_or_says_402(sandbox: Sandbox) -> None:
    subscription = lifecycle.subscribe(sandbox)
    change_card(sandbox, subscription, FAILS_LATER)
    renew(sandbox, subscription)
    invoice = latest(sandbox, subscription)
    with pytest.raises(stripe.CardError) as refused:
        sandbox.client.v1.invoices.pay(invoice.id)
    assert (refused.value.http_status, refused.value.code) == (402, "card_declined")
    assert len([one for one in lifecycle.events(sandbox) if one["type"] == "charge.failed"]) == 2
    method = sandbox.client.v1.payment_methods.attach("pm_card_visa", {"customer": subscription.customer})
    paid = sandbox.client.v1.invoices.pay(invoice.id, {"payment_method": method.id})
    assert paid.status == "paid"
    with pytest.raises(stripe.InvalidRequestError, match="already paid"):
        sandbox.client.v1.invoices.pay(invoice.id)


def test_a_voided_invoice_owes_nothing(sandbox: Sandbox) -> None:
    subscription = lifecycle.subscribe(sandbox)
    change_card(sandbox, subscription, FAILS_LATER)
    renew(sandbox, subscription)
    gone = sandbox.client.v1.invoices.void_invoice(latest(sandbox, subscription).id)
    assert (gone.status, gone.next_payment_attempt) == ("void", None)
    sandbox.post("clock", advance=10 * DAY)
    assert latest(sandbox, subscription).attempt_count == 1
    assert lifecycle.types(sandbox)["invoice.voided"] == 1
    lifecycle.check_everything(sandbox)


def items(subscription: Any, amount: int, interval: str = "month", **more: Any) -> list[Any]:
    """The items parameter that changes the amount of the first item."""
    price = subscription["items"]["data"][0]["price"]
    data = {"currency": "eur", "product": price["product"], "unit_amount": amount, "recurring": {"interval": interval}}
    return [{"price_data": data, **({"id": subscription["items"]["data"][0]["id"]} | more)}]


def test_another_amount_without_proration_costs_from_the_next_period(sandbox: Sandbox) -> None:
    subscription = lifecycle.subscribe(sandbox)
    end = end_of(sandbox, subscription)
    sandbox.post("clock", advance=10 * DAY)
    changed = sandbox.client.v1.subscriptions.update(
        subscription.id, {"items": items(subscription, 1500), "proration_behavior": "none"}
    )
    assert changed["items"]["data"][0]["price"]["unit_amount"] == 1500
    assert changed["items"]["data"][0]["id"] == subscription["items"]["data"][0]["id"]
    assert end_of(sandbox, subscription) == end
    assert len(sandbox.client.v1.invoices.list().data) == 1
    assert sandbox.client.v1.invoices.create_preview({"subscription": subscription.id}).amount_due == 1500
    renew(sandbox, subscription)
    assert latest(sandbox, subscription).amount_paid == 1500
    event = next(one for one in lifecycle.events(sandbox) if one["type"] == "customer.subscription.updated")
    assert event["data"]["previous_attributes"]["items"]["data"][0]["price"]["unit_amount"] == 1000
    lifecycle.check_everything(sandbox)


def test_without_saying_none_the_next_invoice_holds_prorations(sandbox: Sandbox) -> None:
    subscription = lifecycle.subscribe(sandbox)
    item = subscription["items"]["data"][0]
    half = (item["current_period_start"] + item["current_period_end"]) // 2
    sandbox.post("clock", to=half)
    sandbox.client.v1.subscriptions.update(subscription.id, {"items": items(subscription, 2000)})
    renew(sandbox, subscription)
    invoice = latest(sandbox, subscription)
    assert sorted(line.amount for line in invoice.lines.data) == [-500, 1000, 2000]
    assert invoice.total == 2500


def test_insisting_on_payment_leaves_everything_as_it_was_when_the_card_is_declined(sandbox: Sandbox) -> None:
    subscription = lifecycle.subscribe(sandbox)
    change_card(sandbox, subscription, FAILS_LATER)
    invoices = sandbox.client.v1.invoices.list({"subscription": subscription.id}).to_dict()
    before, seen = sandbox.client.v1.subscriptions.retrieve(subscription.id), len(lifecycle.events(sandbox))
    wish: Any = {"items": items(subscription, 10_000, "year"), "proration_behavior": "none"}
    with pytest.raises(stripe.CardError) as refusal:
        sandbox.client.v1.subscriptions.update(subscription.id, wish | {"payment_behavior": "error_if_incomplete"})
    assert (refusal.value.http_status, refusal.value.code) == (402, "card_declined")
    assert sandbox.client.v1.subscriptions.retrieve(subscription.id).to_dict() == before.to_dict()
    assert sandbox.client.v1.invoices.list({"subscription": subscription.id}).to_dict() == invoices
    assert len(lifecycle.events(sandbox)) == seen
    with pytest.raises(stripe.InvalidRequestError, match="does not imitate"):
        sandbox.client.v1.subscriptions.update(subscription.id, wish | {"payment_behavior": "pending_if_incomplete"})
    change_card(sandbox, subscription, "4242424242424242")
    changed = sandbox.client.v1.subscriptions.update(
        subscription.id, wish | {"payment_behavior": "error_if_incomplete"}
    )
    assert (changed.status, changed["items"].data[0].price.unit_amount) == ("active", 10_000)


def test_another_interval_begins_at_once_and_is_billed_at_once(sandbox: Sandbox) -> None:
    subscription = lifecycle.subscribe(sandbox)
    sandbox.post("clock", advance=10 * DAY)
    changed = sandbox.client.v1.subscriptions.update(
        subscription.id, {"items": items(subscription, 10_000, "year"), "proration_behavior": "none"}
    )
    period = changed["items"]["data"][0]
    assert changed.billing_cycle_anchor == period["current_period_start"]
    assert period["current_period_end"] - period["current_period_start"] in (365 * DAY, 366 * DAY)
    invoice = latest(sandbox, subscription)
    assert (invoice.billing_reason, invoice.status, invoice.amount_paid) == ("subscription_update", "paid", 10_000)
    sandbox.post("clock", advance=60 * DAY)
    assert len(sandbox.client.v1.invoices.list().data) == 2, "the old month's end brings nothing any more"
    lifecycle.check_everything(sandbox)


def test_items_without_an_id_bill_twice(sandbox: Sandbox) -> None:
    subscription = lifecycle.subscribe(sandbox)
    wanted = items(subscription, 1500)
    del wanted[0]["id"]
    changed = sandbox.client.v1.subscriptions.update(subscription.id, {"items": wanted, "proration_behavior": "none"})
    assert len(changed["items"]["data"]) == 2
    renew(sandbox, subscription)
    assert latest(sandbox, subscription).amount_paid == 2500


@pytest.mark.parametrize(
    ("behavior", "status"), [("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")]
)
def test_a_pause_of_collection_lets_periods_run(sandbox: Sandbox, behavior: Any, status: str) -> None:
    subscription = lifecycle.subscribe(sandbox)
    back = end_of(sandbox, subscription) + 10 * DAY
    paused = sandbox.client.v1.subscriptions.update(
        subscription.id, {"pause_collection": {"behavior": behavior, "resumes_at": back}}
    )
    assert (paused.status, paused.pause_collection.behavior) == ("active", behavior)
    renew(sandbox, subscription)
    assert latest(sandbox, subscription).status == status
    renew(sandbox, subscription)
    assert latest(sandbox, subscription).status == "paid"
    assert sandbox.client.v1.subscriptions.retrieve(subscription.id).pause_collection is None
    lifecycle.check_everything(sandbox)


def test_a_paused_subscription_stands_still_until_it_is_resumed(sandbox: Sandbox) -> None:
    subscription = lifecycle.subscribe(sandbox)
    paused = sandbox.client.v1.subscriptions.pause(
        subscription.id, {"bill_for": {"unused_time_from": {"type": "none"}}}
    )
    assert paused.status == "paused"
    assert paused.status_details.paused.subscription.type == "pause_requested"
    sandbox.post("clock", advance=100 * DAY)
    assert len(sandbox.client.v1.invoices.list().data) == 1
    back = sandbox.client.v1.subscriptions.resume(subscription.id)
    assert (back.status, back.status_details) == ("active", None)
    assert back.billing_cycle_anchor == back["items"]["data"][0]["current_period_start"]
    assert latest(sandbox, subscription).amount_paid == 1000
    renew(sandbox, subscription)
    assert len(sandbox.client.v1.invoices.list().data) == 3
    happened = lifecycle.types(sandbox)
    assert happened["customer.subscription.paused"] == happened["customer.subscription.resumed"] == 1
    lifecycle.check_everything(sandbox)


def test_pausing_credits_the_unused_time_unless_told_otherwise(sandbox: Sandbox) -> None:
    subscription = lifecycle.subscribe(sandbox)
    item = subscription["items"]["data"][0]
    sandbox.post("clock", to=(item["current_period_start"] + item["current_period_end"]) // 2)
    sandbox.client.v1.subscriptions.pause(subscription.id)
    sandbox.client.v1.subscriptions.resume(subscription.id)
    assert latest(sandbox, subscription).amount_paid == 500


def test_cancelling_at_once_ends_it_and_stops_collecting(sandbox: Sandbox) -> None:
    subscription = lifecycle.subscribe(sandbox)
    change_card(sandbox, subscription, FAILS_LATER)
    renew(sandbox, subscription)
    ended = sandbox.client.v1.subscriptions.cancel(subscription.id, {"cancellation_details": {"comment": "Thank you"}})
    assert (ended.status, ended.cancellation_details.reason) == ("canceled", "cancellation_requested")
    assert ended.cancellation_details.comment == "Thank you"
    assert ended.ended_at == ended.canceled_at
    assert latest(sandbox, subscription).auto_advance is False
    sandbox.post("clock", advance=40 * DAY)
    assert latest(sandbox, subscription).attempt_count == 1
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sandbox.client.v1.subscriptions.cancel(subscription.id)
    assert refused.value.code == "resource_missing"
    assert sandbox.client.v1.subscriptions.list().data == []
    assert len(sandbox.client.v1.subscriptions.list({"status": "all"}).data) == 1
    lifecycle.check_everything(sandbox)


def test_the_api_cancels_with_the_flag_and_the_portal_with_the_moment(sandbox: Sandbox) -> None:
    first, second = lifecycle.subscribe(sandbox), lifecycle.subscribe(sandbox)
    flagged = sandbox.client.v1.subscriptions.update(first.id, {"cancel_at_period_end": True})
    assert (flagged.cancel_at_period_end, flagged.cancel_at, flagged.status) == (True, end_of(sandbox, first), "active")
    portal = sandbox.client.v1.billing_portal.sessions.create({"customer": second.customer})
    lifecycle.press(sandbox, portal.url, action="cancel", subscription=second.id)
    dated = sandbox.client.v1.subscriptions.retrieve(second.id)
    assert (dated.cancel_at_period_end, dated.cancel_at) == (False, end_of(sandbox, second))
    sandbox.post("clock", advance=32 * DAY)
    for subscription in (first, second):
        ended = sandbox.client.v1.subscriptions.retrieve(subscription.id)
        assert ended.status == "canceled"
        assert ended.ended_at == ended["items"]["data"][0]["current_period_end"]
    assert len(sandbox.client.v1.invoices.list().data) == 2
    assert lifecycle.types(sandbox)["invoice.upcoming"] == 0
    lifecycle.check_everything(sandbox)


def test_a_scheduled_end_can_be_taken_back(sandbox: Sandbox) -> None:
    subscription = lifecycle.subscribe(sandbox)
    sandbox.client.v1.subscriptions.update(subscription.id, {"cancel_at": end_of(sandbox, subscription) - DAY})
    kept = sandbox.client.v1.subscriptions.update(subscription.id, {"cancel_at": ""})
    assert (kept.cancel_at, kept.canceled_at, kept.cancellation_details.reason) == (None, None, None)
    renew(sandbox, subscription)
    assert sandbox.client.v1.subscriptions.retrieve(subscription.id).status == "active"


def test_deleting_a_customer_ends_their_subscription(sandbox: Sandbox) -> None:
    subscription = lifecycle.subscribe(sandbox)
    gone = sandbox.client.v1.customers.delete(subscription.customer)
    assert gone.deleted is True
    assert sandbox.client.v1.subscriptions.retrieve(subscription.id).status == "canceled"
    assert sandbox.client.v1.customers.retrieve(subscription.customer).deleted is True
    assert sandbox.client.v1.customers.list().data == []
    with pytest.raises(stripe.InvalidRequestError):
        lifecycle.session(sandbox, customer=subscription.customer, customer_email=lifecycle.LEFT_OUT)
    lifecycle.check_everything(sandbox)


def test_a_subscription_is_started_over_the_api_with_a_saved_card(sandbox: Sandbox) -> None:
    customer = sandbox.client.v1.customers.create({"email": "olena@example.org", "payment_method": "pm_card_visa"})
    (method,) = sandbox.client.v1.customers.payment_methods.list(customer.id).data
    product = sandbox.client.v1.products.create({"name": "Support", "id": "support"})
    price = sandbox.client.v1.prices.create(
        {"product": product.id, "currency": "usd", "unit_amount": 700, "recurring": {"interval": "month"}}
    )
    started = sandbox.client.v1.subscriptions.create(
        {"customer": customer.id, "items": [{"price": price.id}], "default_payment_method": method.id}
    )
    assert (started.status, latest(sandbox, started).status) == ("active", "paid")
    assert sandbox.client.v1.subscription_items.list({"subscription": started.id}).data[0].price.id == price.id
    with pytest.raises(stripe.CardError) as refused:
        sandbox.client.v1.payment_methods.attach("pm_card_visa_chargeDeclined", {"customer": customer.id})
    assert refused.value.error
    assert refused.value.error.decline_code == "generic_decline"
    lifecycle.check_everything(sandbox)


def test_a_preview_with_another_price_leaves_nothing_behind(sandbox: Sandbox) -> None:
    subscription = lifecycle.subscribe(sandbox)
    before = len(sandbox.client.v1.prices.list({"limit": 100}).data)
    shown = sandbox.client.v1.invoices.create_preview(
        {"subscription": subscription.id, "subscription_details": {"items": items(subscription, 4200)}}
    )
    assert (shown.amount_due, shown.id.startswith("upcoming_in_")) == (4200, True)
    lifecycle.check(shown.to_dict(for_json=True))
    assert len(sandbox.client.v1.prices.list({"limit": 100}).data) == before
    assert sandbox.client.v1.subscriptions.retrieve(subscription.id)["items"]["data"][0]["price"]["unit_amount"] == 1000


def test_what_the_bank_would_refuse_again_is_counted_and_not_sent(sandbox: Sandbox) -> None:
    subscription = lifecycle.subscribe(sandbox)
    change_card(sandbox, subscription, "4000002760003184")
    renew(sandbox, subscription)
    intents = lifecycle.types(sandbox)["payment_intent.requires_action"]
    sandbox.post("clock", advance=8 * DAY)
    assert latest(sandbox, subscription).attempt_count == 4
    assert lifecycle.types(sandbox)["payment_intent.requires_action"] == intents == 1
    assert sandbox.client.v1.subscriptions.retrieve(subscription.id).status == "canceled"
