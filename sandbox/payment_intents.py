"""Payment intents: money to be taken, through as many attempts as it needs.

`confirm` is the one door: at once it succeeds, is declined, asks for authentication, or waits for a bank."""

from typing import Any

from . import cards, charges, clock, events, payment_methods, store, timers
from .changes import change

OUTCOMES: dict[str, Any] = {}
"""Who wants to know how a delayed payment ended: {"invoice": function(intent), "checkout": …}; they register below."""


def blank(intent_id: str, created: int, amount: int, currency: str, **known: Any) -> dict[str, Any]:
    """A payment intent object that has not been tried."""
    return {
        "id": intent_id,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{intent_id}_secret_{intent_id[-16:]}",
        "confirmation_method": "automatic",
        "created": created,
        "currency": currency,
        "customer": None,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "managed_payments": None,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {
            "card": {
                "installments": None,
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    } | known


def create(amount: int, currency: str, **known: Any) -> dict[str, Any]:
    """A new intent, announced; `known` are its fields, metadata among them."""
    intent = store.put(blank(store.new_id("pi_"), clock.now(), amount, currency, **known))
    events.emit("payment_intent.created", intent)
    return intent


def confirm(
    intent_id: str, method_id: str, *, off_session: bool = False, authenticated: bool = False
) -> dict[str, Any]:
    """Try to take the money with a payment method; the answer's `status` says how it went.

    succeeded · requires_action (authentication, then confirm with `authenticated`) · processing (a bank debit, known
    later) · requires_payment_method (declined, see `last_payment_error`)."""
    method = store.get(method_id)
    intent = store.put(store.lock(intent_id) | {"payment_method": method_id})
    if method["type"] == "sepa_debit":
        charge = charges.debit(intent, method)
        changes = {
            "status": "processing",
            "latest_charge": charge["id"],
            "last_payment_error": None,
            "next_action": None,
        }
        return _moved(intent_id, "payment_intent.processing", **changes, payment_method_types=["card", "sepa_debit"])
    saved = payment_methods.is_saved(method_id)
    outcome = cards.outcome(method, off_session=off_session, authenticated=authenticated, saved=saved)
    if outcome == "asks":
        action = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
        asking = {"status": "requires_action", "next_action": action, "last_payment_error": None}
        return _moved(intent_id, "payment_intent.requires_action", **asking)
    if outcome == "declines":
        return decline(intent_id, cards.Declined(*(cards.of(method).decline or ("card_declined", None))))
    return _succeeded(intent, charges.succeed(intent, method, authenticated=authenticated))


def decline(intent_id: str, refusal: cards.Declined) -> dict[str, Any]:
    """The attempt failed: a failed charge, and the intent waits for another payment method."""
    intent = store.get(intent_id)
    method = store.get(intent["payment_method"])
    charge = charges.fail(intent, method, refusal)
    return _failed(intent_id, refusal, charge=charge["id"])


def fail_authentication(intent_id: str) -> dict[str, Any]:
    """The giver did not pass their bank's authentication. Nothing was charged."""
    refusal = cards.Declined("payment_intent_authentication_failure")
    return _failed(intent_id, refusal)


def cancel(intent_id: str, reason: str = "void_invoice") -> dict[str, Any]:
    """Give it up."""
    return _moved(
        intent_id,
        "payment_intent.canceled",
        status="canceled",
        canceled_at=clock.now(),
        cancellation_reason=reason,
        next_action=None,
    )


@timers.verb("intent.debited")
def debited(intent: str) -> None:
    """The bank answers a debit."""
    current = store.lock(intent)
    method = store.get(current["payment_method"])
    charge = store.get(current["latest_charge"])
    iban = cards.IBAN_BY_FINGERPRINT[method["sepa_debit"]["fingerprint"]]
    if cards.IBANS[iban][0] == "succeeds":
        charge = change(charge["id"], paid=True, status="succeeded", receipt_url=charges.receipt_url(charge["id"]))
        events.emit("charge.succeeded", charge)
        timers.at(clock.now() + charges.SETTLES_AFTER, "charge.settle", charge=charge["id"])
        current = _succeeded(current, charge)
    else:
        refusal = cards.Declined("insufficient_funds")
        charge = change(
            charge["id"],
            status="failed",
            captured=False,
            amount_captured=0,
            failure_code=refusal.code,
            failure_message=str(refusal),
        )
        events.emit("charge.failed", charge)
        current = _failed(intent, refusal, charge=charge["id"])
    for told in OUTCOMES.values():
        told(current)


def _succeeded(intent: dict[str, Any], charge: dict[str, Any]) -> dict[str, Any]:
    return _moved(
        intent["id"],
        "payment_intent.succeeded",
        status="succeeded",
        amount_received=intent["amount"],
        latest_charge=charge["id"],
        last_payment_error=None,
        next_action=None,
    )


def _failed(intent_id: str, refusal: cards.Declined, charge: str | None = None) -> dict[str, Any]:
    intent = store.get(intent_id)
    error = {
        "code": refusal.code,
        "doc_url": f"https://docs.stripe.com/error-codes/{refusal.code.replace('_', '-')}",
        "message": str(refusal),
        "payment_method": store.get(intent["payment_method"]),
        "type": "card_error" if charge else "invalid_request_error",
    }
    if charge:
        error["charge"] = charge
    if refusal.decline_code:
        error["decline_code"] = refusal.decline_code
    return _moved(
        intent_id,
        "payment_intent.payment_failed",
        status="requires_payment_method",
        last_payment_error=error,
        latest_charge=charge or intent["latest_charge"],
        payment_method=None,
        next_action=None,
    )


def _moved(intent_id: str, event: str, **new: Any) -> dict[str, Any]:
    intent = change(intent_id, **new)
    events.emit(event, intent)
    return intent
