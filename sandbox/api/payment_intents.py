"""/v1/payment_intents and /v1/setup_intents: to be read; they are made by Checkout and invoices."""

from typing import Any

from sandbox.changes import change
from sandbox.params import existing, given, metadata, refuse
from sandbox.wire import endpoint, list_answer

URL = "/v1/payment_intents"


@endpoint("GET", URL, params="PaymentIntentListParams")
def list_intents(params: dict[str, Any]) -> dict[str, Any]:
    """All of them, in pages."""
    return list_answer("payment_intent", URL, params, **given(params, "customer"))


@endpoint("GET", URL + "/{intent}", params="PaymentIntentRetrieveParams")
def retrieve(_params: dict[str, Any], intent: str) -> dict[str, Any]:
    """One of them."""
    return existing("payment_intent", intent)


@endpoint("POST", URL + "/{intent}", params="PaymentIntentUpdateParams")
def update(params: dict[str, Any], intent: str) -> dict[str, Any]:
    """Change its metadata or description."""
    refuse(params, *(name for name in params if name not in {"metadata", "description"}))
    return change(
        intent, **given(params, "description"), **metadata(params, existing("payment_intent", intent)["metadata"])
    )


@endpoint("GET", "/v1/setup_intents", params="SetupIntentListParams")
def list_setup_intents(params: dict[str, Any]) -> dict[str, Any]:
    """All of them, in pages."""
    return list_answer("setup_intent", "/v1/setup_intents", params, **given(params, "customer", "payment_method"))


@endpoint("GET", "/v1/setup_intents/{intent}", params="SetupIntentRetrieveParams")
def retrieve_setup_intent(_params: dict[str, Any], intent: str) -> dict[str, Any]:
    """One of them."""
    return existing("setup_intent", intent)
