"""Refunds: money sent back, whole or in parts, which may take time or come back."""

from typing import Any

from . import balance, cards, clock, currencies, events, store, timers
from .changes import change
from .errors import invalid

DECIDED_AFTER = 10
"""Seconds until the pending-refund card's refund succeeds and the failing-refund card's fails."""


def blank(
    refund_id: str, created: int, charge: dict[str, Any], amount: int, reason: str | None = None
) -> dict[str, Any]:
    """A succeeded refund object of a charge."""
    kind = charge["payment_method_details"]["type"]
    details = {
        "reference": None,
        "reference_status": "pending",
        "reference_type": "acquirer_reference_number",
        "type": "refund",
    }
    return {
        "id": refund_id,
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": created,
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": {kind: details if kind == "card" else {}, "type": kind},
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def issue(
    charge_id: str, amount: int | None = None, *, reason: str | None = None, metadata: dict[str, str] | None = None
) -> dict[str, Any]:
    """Send money back, all that is left unless told. Stripe keeps its fee."""
    charge = store.lock(charge_id)
    amount = _allowed(charge, amount)
    card = cards.of(charge["payment_method_details"]) if charge["payment_method_details"]["type"] == "card" else None
    refund = store.put(blank(store.new_id("re_"), clock.now(), charge, amount, reason) | {"metadata": metadata or {}})
    back = balance.negative(currencies.settled(amount, charge["currency"]))
    kind = "refund" if card else "payment_refund"
    booked = balance.add(
        kind, back, refund["id"], description=f"REFUND FOR CHARGE ({charge['description'] or charge_id})"
    )
    refund |= {"balance_transaction": booked["id"]}
    if card and card.refund == "pending":
        refund |= {"status": "pending"}
    store.put(refund)
    if card and card.refund:
        verb = "refund.settle" if card.refund == "pending" else "refund.fail"
        timers.at(refund["created"] + DECIDED_AFTER, verb, refund=refund["id"])
    returned = charge["amount_refunded"] + amount
    change(charge_id, "charge.refunded", amount_refunded=returned, refunded=returned == charge["amount"])
    events.emit("refund.created", refund)
    return refund


@timers.verb("refund.settle")
def settle(refund: str) -> None:
    """A pending refund reached the giver."""
    if store.lock(refund)["status"] == "pending":
        change(refund, "refund.updated", status="succeeded")


@timers.verb("refund.fail")
def fail(refund: str, reason: str = "expired_or_canceled_card") -> dict[str, Any]:
    """The giver's bank sends the refund back; the money returns to the balance."""
    current = store.lock(refund)
    if current["status"] not in {"pending", "succeeded"}:
        raise invalid(f"This refund is {current['status']} and cannot fail.")
    charge = store.lock(current["charge"])
    again = currencies.settled(current["amount"], current["currency"])
    booked = balance.add("refund_failure", again, refund, description="REFUND FAILURE")
    failed = change(
        refund,
        "refund.updated",
        status="failed",
        failure_reason=reason,
        failure_balance_transaction=booked["id"],
    )
    events.emit("refund.failed", failed)
    left = charge["amount_refunded"] - current["amount"]
    change(charge["id"], "charge.updated", amount_refunded=left, refunded=False)
    return failed


def _allowed(charge: dict[str, Any], amount: int | None) -> int:
    """The amount to return, or Stripe's refusal."""
    left = charge["amount"] - charge["amount_refunded"]
    if charge["status"] != "succeeded":
        raise invalid(f"Charge {charge['id']} is not refundable: it has not succeeded.", "charge")
    if charge["disputed"] and any(not d["is_charge_refundable"] for d in store.find("dispute", charge=charge["id"])):
        raise invalid(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.", "charge", "charge_disputed"
        )
    if not left:
        raise invalid(f"Charge {charge['id']} has already been refunded.", "charge", "charge_already_refunded")
    if amount is None:
        return int(left)
    if amount <= 0:
        raise invalid("Invalid positive integer", "amount", "parameter_invalid_integer")
    if amount > left:
        shown, rest = currencies.show(amount, charge["currency"]), currencies.show(left, charge["currency"])
        raise invalid(f"Refund amount ({shown}) is greater than unrefunded amount on charge ({rest})", "amount")
    return amount
