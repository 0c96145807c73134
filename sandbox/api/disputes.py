"""/v1/disputes"""

from typing import Any

from sandbox import disputes
from sandbox.params import existing, given, metadata, refuse
from sandbox.wire import endpoint, list_answer


@endpoint("GET", "/v1/disputes", params="DisputeListParams")
def list_disputes(params: dict[str, Any]) -> dict[str, Any]:
    """All of them, in pages."""
    return list_answer("dispute", "/v1/disputes", params, **given(params, "charge", "payment_intent"))


@endpoint("GET", "/v1/disputes/{dispute}", params="DisputeRetrieveParams")
def retrieve(_params: dict[str, Any], dispute: str) -> dict[str, Any]:
    """One of them."""
    return existing("dispute", dispute)


@endpoint("POST", "/v1/disputes/{dispute}", params="DisputeUpdateParams")
def update(params: dict[str, Any], dispute: str) -> dict[str, Any]:
    """Hand in evidence; `uncategorized_text` may hold Stripe's magic words."""
    refuse(params, "intended_submission_method")
    current = existing("dispute", dispute)
    changed = metadata(params, current["metadata"]) if "metadata" in params else {}
    return disputes.answer(dispute, params.get("evidence"), submit=params.get("submit", True), **changed)


@endpoint("POST", "/v1/disputes/{dispute}/close", params="DisputeCloseParams")
def close(_params: dict[str, Any], dispute: str) -> dict[str, Any]:
    """Give in: it is lost."""
    return disputes.close(existing("dispute", dispute)["id"], won=False)
