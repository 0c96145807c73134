"""Disputes: the giver's bank takes the money back, and sometimes returns it."""

from typing import Any

from . import balance, clock, currencies, events, store, timers
from .changes import change
from .errors import invalid
from .models import Config

DAYS_TO_ANSWER = 7
DECIDED_AFTER = 2
EVIDENCE = (
    "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure cancellation_rebuttal "
    "customer_communication customer_email_address customer_name customer_purchase_ip customer_signature "
    "duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id product_description receipt "
    "refund_policy refund_policy_disclosure refund_refusal_explanation service_date service_documentation "
    "shipping_address shipping_carrier shipping_date shipping_documentation shipping_tracking_number "
    "uncategorized_file uncategorized_text"
).split()


def blank(
    dispute_id: str, created: int, charge: dict[str, Any], reason: str, *, inquiry: bool = False
) -> dict[str, Any]:
    """A dispute object that waits for an answer, about what is left of the charge."""
    kind = charge["payment_method_details"]["type"]
    details: dict[str, Any] = {"type": kind}
    if kind == "card":
        brand = charge["payment_method_details"]["card"]["brand"]
        case = "inquiry" if inquiry else "chargeback"
        details["card"] = {"brand": brand, "case_type": case, "network": brand, "network_reason_code": "10.4"}
    return {
        "id": dispute_id,
        "object": "dispute",
        "amount": charge["amount"] - charge["amount_refunded"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": created,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": dict.fromkeys(EVIDENCE) | {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": created + DAYS_TO_ANSWER * 86_400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": details,
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }


def open(charge_id: str, reason: str = "fraudulent", *, inquiry: bool = False) -> dict[str, Any]:  # noqa: A001 (disputes.open)
    """The bank opens a dispute; unless it only inquires, the amount and a fee leave the balance."""
    charge = store.lock(charge_id)
    if charge["status"] != "succeeded" or charge["disputed"] or charge["refunded"]:
        raise invalid(f"Charge {charge_id} cannot be disputed.", "charge")
    dispute = store.put(blank(store.new_id("dp_"), clock.now(), charge, reason, inquiry=inquiry))
    if not inquiry:
        dispute = _withdraw(dispute)
    change(charge_id, "charge.updated", disputed=True)
    events.emit("charge.dispute.created", dispute)
    if not inquiry:
        events.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def answer(
    dispute_id: str, evidence: dict[str, Any] | None, *, submit: bool = True, metadata: Any = None
) -> dict[str, Any]:
    """Hand in evidence. Stripe's magic words in `uncategorized_text` decide the outcome a little later."""
    dispute = _undecided(dispute_id)
    new: dict[str, Any] = {} if metadata is None else {"metadata": metadata}
    if evidence:
        details = dispute["evidence_details"] | {"has_evidence": True}
        new |= {"evidence": dispute["evidence"] | evidence, "evidence_details": details}
        if submit:
            details |= {"submission_count": details["submission_count"] + 1, "submission_method": "manual"}
            new["status"] = "warning_under_review" if dispute["status"].startswith("warning") else "under_review"
    dispute = change(dispute_id, "charge.dispute.updated", **new)
    magic = dispute["evidence"]["uncategorized_text"]
    if submit and magic in {"winning_evidence", "losing_evidence", "escalate_inquiry_evidence"}:
        timers.at(clock.now() + DECIDED_AFTER, "dispute.decide", dispute=dispute_id, magic=magic)
    return dispute


@timers.verb("dispute.decide")
def decide(dispute: str, magic: str) -> None:
    """The bank decides by the magic words."""
    if magic == "escalate_inquiry_evidence":
        escalate(dispute)
    else:
        close(dispute, won=magic == "winning_evidence")


def escalate(dispute_id: str) -> dict[str, Any]:
    """An inquiry becomes a dispute with its loss of money."""
    dispute = _undecided(dispute_id)
    if not dispute["status"].startswith("warning"):
        raise invalid("Only an inquiry can be escalated.")
    details = dispute["payment_method_details"]
    details = details | {"card": details["card"] | {"case_type": "chargeback"}}
    change(dispute_id, status="needs_response", is_charge_refundable=False, payment_method_details=details)
    dispute = _withdraw(store.get(dispute_id))
    events.emit("charge.dispute.updated", dispute, {"status": "warning_under_review"})
    events.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def close(dispute_id: str, *, won: bool) -> dict[str, Any]:
    """The bank decides: won returns the amount but not the fee; an inquiry just ends."""
    dispute = _undecided(dispute_id)
    if dispute["status"].startswith("warning"):
        dispute = change(dispute_id, status="warning_closed")
    elif not won:
        dispute = change(dispute_id, status="lost")
    else:
        settled = currencies.settled(dispute["amount"], dispute["currency"])
        booked = balance.add(
            "adjustment",
            settled,
            dispute_id,
            category="dispute_reversal",
            description=f"Chargeback reversal for {dispute['charge']}",
        )
        dispute = change(dispute_id, status="won", balance_transactions=[*dispute["balance_transactions"], booked])
        events.emit("charge.dispute.funds_reinstated", dispute)
    events.emit("charge.dispute.closed", dispute)
    return dispute


def _withdraw(dispute: dict[str, Any]) -> dict[str, Any]:
    config = Config.current()
    taken = balance.negative(currencies.settled(dispute["amount"], dispute["currency"], config))
    booked = balance.add(
        "adjustment",
        taken,
        dispute["id"],
        fee=config.dispute_fee,
        fee_name="Dispute fee",
        category="dispute",
        description=f"Chargeback withdrawal for {dispute['charge']}",
    )
    return change(dispute["id"], balance_transactions=[booked])


def _undecided(dispute_id: str) -> dict[str, Any]:
    dispute = store.lock(dispute_id)
    if dispute["status"] in {"won", "lost", "warning_closed", "prevented"}:
        raise invalid("This dispute is already closed.")
    return dispute
