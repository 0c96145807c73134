"""/v1/charges"""

from typing import Any

from sandbox.changes import change
from sandbox.params import existing, given, metadata, refuse
from sandbox.wire import endpoint, list_answer


@endpoint("GET", "/v1/charges", params="ChargeListParams")
def list_charges(params: dict[str, Any]) -> dict[str, Any]:
    """All of them, in pages."""
    refuse(params, "transfer_group")
    return list_answer("charge", "/v1/charges", params, **given(params, "customer", "payment_intent"))


@endpoint("GET", "/v1/charges/{charge}", params="ChargeRetrieveParams")
def retrieve(_params: dict[str, Any], charge: str) -> dict[str, Any]:
    """One of them."""
    return existing("charge", charge)


@endpoint("POST", "/v1/charges/{charge}", params="ChargeUpdateParams")
def update(params: dict[str, Any], charge: str) -> dict[str, Any]:
    """Change its metadata or description."""
    refuse(params, *(name for name in params if name not in {"metadata", "description"}))
    fields = given(params, "description") | metadata(params, existing("charge", charge)["metadata"])
    return change(charge, "charge.updated", **fields)


@endpoint("GET", "/v1/charges/{charge}/refunds", params="ChargeListRefundsParams")
def list_refunds(params: dict[str, Any], charge: str) -> dict[str, Any]:
    """Its refunds, in pages."""
    existing("charge", charge)
    return list_answer("refund", f"/v1/charges/{charge}/refunds", params, charge=charge)
