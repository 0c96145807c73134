"""/v1/payment_methods"""

from typing import Any

from sandbox import customers, payment_methods
from sandbox.changes import change
from sandbox.errors import invalid
from sandbox.params import existing, given, metadata, refuse
from sandbox.wire import endpoint, list_answer

URL = "/v1/payment_methods"


@endpoint("GET", URL, params="PaymentMethodListParams")
def list_methods(params: dict[str, Any]) -> dict[str, Any]:
    """All of them, in pages."""
    return list_answer("payment_method", URL, params, **given(params, "customer", "type"))


@endpoint("GET", URL + "/{method}", params="PaymentMethodRetrieveParams")
def retrieve(_params: dict[str, Any], method: str) -> dict[str, Any]:
    """One of them; a test token such as `pm_card_visa` makes one."""
    return payment_methods.of_token(method) if method.startswith("pm_card_") else existing("payment_method", method)


@endpoint("POST", URL + "/{method}", params="PaymentMethodUpdateParams")
def update(params: dict[str, Any], method: str) -> dict[str, Any]:
    """Change its expiry, billing details or metadata."""
    refuse(params, "us_bank_account", "payto")
    current = existing("payment_method", method)
    fields = metadata(params, current["metadata"]) | given(params, "allow_redisplay")
    if "billing_details" in params:
        fields["billing_details"] = current["billing_details"] | params["billing_details"]
    if "card" in params:
        fields["card"] = current["card"] | given(params["card"], "exp_month", "exp_year")
    return change(method, "payment_method.updated", **fields)


@endpoint("POST", URL + "/{method}/attach", params="PaymentMethodAttachParams")
def attach(params: dict[str, Any], method: str) -> dict[str, Any]:
    """Attach to a customer; a card that declines everything is refused with 402."""
    if "customer" not in params:
        raise invalid("Missing required param: customer.", "customer", "parameter_missing")
    customer = customers.living(params["customer"])
    return payment_methods.attach(retrieve({}, method)["id"], customer["id"])


@endpoint("POST", URL + "/{method}/detach", params="PaymentMethodDetachParams")
def detach(_params: dict[str, Any], method: str) -> dict[str, Any]:
    """Take it from its customer."""
    return payment_methods.detach(existing("payment_method", method)["id"])
