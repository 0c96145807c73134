"""/v1/refunds"""

from typing import Any

from sandbox import refunds, store
from sandbox.changes import change
from sandbox.errors import invalid, missing
from sandbox.params import existing, given, metadata, refuse
from sandbox.wire import endpoint, list_answer


@endpoint("POST", "/v1/refunds", params="RefundCreateParams")
def create(params: dict[str, Any]) -> dict[str, Any]:
    """Send money back, all that is left unless `amount` is given."""
    refuse(params, "customer", "instructions_email", "origin", "refund_application_fee", "reverse_transfer")
    made = refunds.issue(_charge(params), params.get("amount"), reason=params.get("reason"), **metadata(params))
    return store.get(made["id"])


@endpoint("GET", "/v1/refunds", params="RefundListParams")
def list_refunds(params: dict[str, Any]) -> dict[str, Any]:
    """All of them, in pages."""
    return list_answer("refund", "/v1/refunds", params, **given(params, "charge", "payment_intent"))


@endpoint("GET", "/v1/refunds/{refund}", params="RefundRetrieveParams")
def retrieve(_params: dict[str, Any], refund: str) -> dict[str, Any]:
    """One of them."""
    return existing("refund", refund)


@endpoint("POST", "/v1/refunds/{refund}", params="RefundUpdateParams")
def update(params: dict[str, Any], refund: str) -> dict[str, Any]:
    """Change its metadata."""
    return change(refund, "refund.updated", **metadata(params, existing("refund", refund)["metadata"]))


def _charge(params: dict[str, Any]) -> str:
    """The id of the charge to refund, named itself or by its payment intent."""
    if "payment_intent" not in params and "charge" not in params:
        raise invalid("One of the following params should be provided for this request: payment_intent or charge.")
    kind = "payment_intent" if "payment_intent" in params else "charge"
    thing_id: str = params[kind]
    found = store.get_many({thing_id}).get(thing_id)
    if found is None or found["object"] != kind:
        raise missing(kind, thing_id, kind, status=400)
    if kind == "charge":
        return thing_id
    if found["status"] != "succeeded":
        raise invalid(f"This PaymentIntent ({thing_id}) does not have a successful charge to refund.", "payment_intent")
    charge: str = found["latest_charge"]
    return charge
