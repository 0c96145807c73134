"""Collecting what is owed: the attempts, the waiting between them, and the end of patience.

After the first failure an invoice is tried again on the configured days; then the configured outcome follows. Some
refusals are not worth another attempt with the same card: those attempts are counted but not made
(docs.stripe.com/billing/revenue-recovery/smart-retries)."""

from typing import Any

from . import cards, clock, events, invoices, payment_intents, payment_methods, store, subscriptions, timers
from .changes import change
from .errors import ApiError, invalid
from .models import Config

DAY = 86_400
NOT_SENT_AGAIN = frozenset(
    "incorrect_number lost_card pickup_card stolen_card revocation_of_authorization revocation_of_all_authorizations "
    "authentication_required highest_risk_level transaction_not_allowed".split()
)


@timers.verb("invoice.finalize")
def finalize(invoice: str) -> None:
    """A draft's hour is over: finalize and collect, unless collection is paused or was stopped."""
    current = _hold(invoice)
    if current["status"] != "draft" or not current["auto_advance"]:
        return
    pause = store.get(invoices.subscription_of(current) or "")["pause_collection"]
    if pause and pause["behavior"] == "keep_as_draft":
        return
    invoices.finalize(invoice)
    if not pause:
        collect(invoice)
    elif pause["behavior"] == "void":
        invoices.void(invoice)
    else:
        invoices.give_up(invoice)


def collect(invoice_id: str) -> dict[str, Any]:
    """Charge the giver, who is not there. A failure schedules the next attempt."""
    invoice = _hold(invoice_id)
    if not invoice["amount_due"]:
        return settled(invoice_id)
    change(invoice_id, "invoice.updated", attempt_count=invoice["attempt_count"] + 1, attempted=True)
    intent = invoices.intent_to_pay(invoice_id)
    method_id = method_for(invoice)
    if method_id is None or _pointless(intent, method_id):
        if invoice["attempt_count"] == 0:
            return failed(invoice_id)
        return _wait_or_end(invoice_id, invoice["attempt_count"] + 1)
    return concluded(invoice_id, payment_intents.confirm(intent["id"], method_id, off_session=True))


def pay(invoice_id: str, method_id: str, *, off_session: bool, authenticated: bool = False) -> dict[str, Any]:
    """An attempt that somebody asked for: it does not count as a retry. The answer is the payment intent."""
    invoice = _hold(invoice_id)
    if invoice["status"] == "draft":
        invoice = invoices.finalize(invoice_id)
    if invoice["status"] not in {"open", "uncollectible"}:
        code = "invoice_already_paid" if invoice["status"] == "paid" else None
        raise invalid(f"Invoice is already {invoice['status']}", code=code)
    if not invoice["amount_due"]:
        settled(invoice_id)
        return {"status": "succeeded"}
    if not invoice["attempted"]:
        change(invoice_id, attempted=True, attempt_count=1)
    intent = invoices.intent_to_pay(invoice_id)
    if intent["status"] == "processing":
        raise invalid("This invoice has a payment that is still processing.")
    intent = payment_intents.confirm(intent["id"], method_id, off_session=off_session, authenticated=authenticated)
    concluded(invoice_id, intent, asked=True)
    return intent


def concluded(invoice_id: str, intent: dict[str, Any], *, asked: bool = False) -> dict[str, Any]:
    """What an attempt's result means for the invoice. `asked`: it was no automatic one, so no schedule moves."""
    if intent["status"] == "succeeded":
        return settled(invoice_id)
    if intent["status"] == "processing":
        return change(invoice_id, "invoice.updated", next_payment_attempt=None)
    if intent["status"] == "requires_action":
        events.emit("invoice.payment_action_required", store.get(invoice_id))
        if asked:
            return store.get(invoice_id)
    return failed(invoice_id, asked=asked)


def settled(invoice_id: str, *, off_stripe: bool = False) -> dict[str, Any]:
    """Paid: the invoice closes, and a subscription that was behind is well again."""
    invoice = invoices.paid(invoice_id, off_stripe=off_stripe)
    subscription_id = invoices.subscription_of(invoice)
    if subscription_id:
        subscriptions.recover(subscription_id, invoice_id)
    return invoice


def failed(invoice_id: str, *, asked: bool = False) -> dict[str, Any]:
    """Announce a failed attempt; the subscription is past due, and the next attempt is set or the end has come."""
    invoice = store.lock(invoice_id)
    if asked and (invoice["next_payment_attempt"] is not None or not invoice["auto_advance"]):
        events.emit("invoice.payment_failed", invoice)
        return invoice
    return _wait_or_end(invoice_id, invoice["attempt_count"], announce=True)


@timers.verb("invoice.retry")
def retry(invoice: str, moment: int) -> None:
    """The next automatic attempt, if it is still the one that was set."""
    current = _hold(invoice)
    if current["status"] == "open" and current["next_payment_attempt"] == moment:
        collect(invoice)


def method_for(invoice: dict[str, Any]) -> str | None:
    """The payment method to charge: the subscription's, else the customer's."""
    subscription_id = invoices.subscription_of(invoice)
    subscription = store.get(subscription_id) if subscription_id else {}
    customer = store.get(invoice["customer"])
    method: str | None = (
        subscription.get("default_payment_method") or customer["invoice_settings"]["default_payment_method"]
    )
    return method


def refusal(intent: dict[str, Any]) -> ApiError:
    """The 402 with which Stripe answers a payment that did not come about."""
    if intent["status"] == "requires_action":
        message = "This payment requires additional user action before it can be completed successfully."
        return ApiError(
            402, "card_error", message, code="invoice_payment_intent_requires_action", payment_intent=intent
        )
    error = intent["last_payment_error"]
    reason = cards.Declined(error["code"], error.get("decline_code"))
    return payment_methods.declined(reason, charge=error.get("charge"), payment_intent=intent)


def _hold(invoice_id: str) -> dict[str, Any]:
    """The invoice, locked after its subscription: in that order everywhere, so that nobody waits in a circle."""
    if subscription_id := invoices.subscription_of(store.get(invoice_id)):
        store.lock(subscription_id)
    return store.lock(invoice_id)


def _pointless(intent: dict[str, Any], method_id: str) -> bool:
    """Whether the bank would refuse this very card again, so that Stripe does not even ask."""
    error = intent["last_payment_error"]
    if intent["status"] == "requires_action":
        return bool(intent["payment_method"] == method_id)
    if not error or error["payment_method"]["id"] != method_id:
        return False
    return bool({error["code"], error.get("decline_code")} & NOT_SENT_AGAIN)


def _wait_or_end(invoice_id: str, attempts: int, *, announce: bool = False) -> dict[str, Any]:
    """Set the next attempt, or, after the last, let the configured outcome follow."""
    config, invoice = Config.current(), store.get(invoice_id)
    subscription_id = invoices.subscription_of(invoice)
    first = invoice["status_transitions"]["finalized_at"]
    left = config.retry_days[attempts - 1 :] if invoice["auto_advance"] else []
    upcoming = max(first + int(left[0] * DAY), clock.now() + 1) if left else None
    invoice = change(invoice_id, "invoice.updated", next_payment_attempt=upcoming, auto_advance=upcoming is not None)
    if announce:
        events.emit("invoice.payment_failed", invoice)
    if upcoming is not None:
        timers.at(upcoming, "invoice.retry", invoice=invoice_id, moment=upcoming)
    if subscription_id:
        subscriptions.fall_behind(subscription_id)
        if upcoming is None:
            subscriptions.give_up(subscription_id, config.final_outcome)
    return invoice


def _debit_known(intent: dict[str, Any]) -> None:
    """A bank's late answer to the payment of an invoice."""
    for link in store.find("invoice_payment", payment={"payment_intent": intent["id"], "type": "payment_intent"}):
        if link["status"] == "open":
            concluded(link["invoice"], intent)


payment_intents.OUTCOMES["invoice"] = _debit_known
