"""Setup intents: a payment method made ready for later, without a charge."""

from typing import Any

from . import clock, events, payment_methods, store
from .changes import change


def blank(intent_id: str, created: int, customer: str | None, **known: Any) -> dict[str, Any]:
    """A setup intent object that waits for a payment method."""
    return {
        "id": intent_id,
        "object": "setup_intent",
        "application": None,
        "automatic_payment_methods": None,
        "cancellation_reason": None,
        "client_secret": f"{intent_id}_secret_{intent_id[-16:]}",
        "created": created,
        "customer": customer,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "managed_payments": None,
        "mandate": None,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": "off_session",
    } | known


def create(customer: str | None, **known: Any) -> dict[str, Any]:
    """A new setup intent, announced."""
    intent = store.put(blank(store.new_id("seti_"), clock.now(), customer, **known))
    events.emit("setup_intent.created", intent)
    return intent


def succeed(intent_id: str, method_id: str) -> dict[str, Any]:
    """The giver agreed to later charges with this payment method."""
    customer = store.get(intent_id)["customer"]
    if customer:
        payment_methods.attach(method_id, customer, saved=True)
    intent = change(intent_id, status="succeeded", payment_method=method_id)
    events.emit("setup_intent.succeeded", intent)
    return intent
