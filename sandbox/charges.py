"""Charges: one attempt to take money, and what became of it."""

from typing import Any

from . import address, balance, cards, clock, disputes, events, store, timers
from .changes import change
from .expansion import expandable

SETTLES_AFTER = 2
"""Seconds from a charge's success until its balance transaction is there (`automatic_async` capture)."""
DISPUTED_AFTER = 5


def blank(charge_id: str, created: int, intent: dict[str, Any], method: dict[str, Any], status: str) -> dict[str, Any]:
    """A charge object for an attempt of a payment intent with a payment method; status succeeded, pending or failed."""
    taken = status == "succeeded"
    return {
        "id": charge_id,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if status != "failed" else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "NEWSROOM",
        "captured": status != "failed",
        "created": created,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": intent["metadata"],
        "on_behalf_of": None,
        "outcome": _outcome("normal", status),
        "paid": taken,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _details(method, intent["amount"], status),
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "refunds": None,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": status,
        "transfer_data": None,
        "transfer_group": None,
    }


def succeed(intent: dict[str, Any], method: dict[str, Any], *, authenticated: bool = False) -> dict[str, Any]:
    """The card is charged. Fee and net follow with `charge.updated` a little later, as do disputes."""
    card = cards.of(method)
    charge = blank(store.new_id("ch_"), clock.now(), intent, method, "succeeded")
    charge |= {"outcome": _outcome(card.risk, "succeeded"), "receipt_url": receipt_url(charge["id"])}
    if authenticated:
        charge["payment_method_details"]["card"]["three_d_secure"] = AUTHENTICATED
    events.emit("charge.succeeded", store.put(charge))
    timers.at(charge["created"] + SETTLES_AFTER, "charge.settle", charge=charge["id"])
    if card.dispute:
        later = charge["created"] + DISPUTED_AFTER
        timers.at(later, "charge.dispute", charge=charge["id"], reason=card.dispute, inquiry=card.inquiry)
    return charge


def receipt_url(charge_id: str) -> str:
    """The page that shows what was paid."""
    return address.url(f"/receipt/{charge_id}")


def fail(intent: dict[str, Any], method: dict[str, Any], refusal: cards.Declined) -> dict[str, Any]:
    """The bank refused."""
    charge = blank(store.new_id("ch_"), clock.now(), intent, method, "failed")
    charge |= {"failure_code": refusal.code, "failure_message": str(refusal)}
    risk = cards.of(method).risk if method["type"] == "card" else "normal"
    charge["outcome"] = _outcome(risk, "failed", refusal.decline_code or refusal.code, str(refusal))
    return events_of("charge.failed", charge)


def debit(intent: dict[str, Any], method: dict[str, Any]) -> dict[str, Any]:
    """A bank account is to be debited; whether it worked is known later."""
    charge = events_of("charge.pending", blank(store.new_id("ch_"), clock.now(), intent, method, "pending"))
    iban = cards.IBAN_BY_FINGERPRINT[method["sepa_debit"]["fingerprint"]]
    timers.at(charge["created"] + cards.IBANS[iban][1], "intent.debited", intent=intent["id"])
    return charge


def events_of(event: str, charge: dict[str, Any]) -> dict[str, Any]:
    """Store a new charge and announce it."""
    events.emit(event, store.put(charge))
    return charge


@timers.verb("charge.settle")
def settle(charge: str) -> None:
    """Book the charge; only now its fee and net are known. Once."""
    current = store.lock(charge)
    if current["balance_transaction"] is None:
        method = current["payment_method_details"]
        at_once = method["type"] == "card" and cards.of(method).available_at_once
        change(charge, "charge.updated", balance_transaction=balance.charged(current, at_once=at_once)["id"])


@timers.verb("charge.dispute")
def dispute(charge: str, reason: str, inquiry: bool) -> None:
    """The giver's bank disputes the charge."""
    disputes.open(charge, reason, inquiry=inquiry)


@expandable("charge", "refunds")
def refunds_of(charge: dict[str, Any]) -> dict[str, Any]:
    """The list that stands in `charge.refunds` when expanded."""
    data = store.find("refund", charge=charge["id"])
    return {
        "object": "list",
        "data": data[:10],
        "has_more": len(data) > 10,
        "url": f"/v1/charges/{charge['id']}/refunds",
    }


AUTHENTICATED = {
    "authentication_flow": "challenge",
    "electronic_commerce_indicator": "05",
    "exemption_indicator": None,
    "result": "authenticated",
    "result_reason": None,
    "transaction_id": "00000000-0000-4000-8000-000000000000",
    "version": "2.2.0",
}


def _outcome(risk: str, status: str, reason: str | None = None, says: str | None = None) -> dict[str, Any]:
    blocked = risk in {"blocked", "highest"} and status == "failed"
    network, kind = ("not_sent_to_network", "blocked") if blocked else ("approved_by_network", "authorized")
    if status == "failed" and not blocked:
        network, kind = "declined_by_network", "issuer_declined"
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": network,
        "reason": "highest_risk_level" if blocked else reason,
        "risk_level": "highest" if blocked else risk,
        "seller_message": says or "Payment complete.",
        "type": kind,
    }


def _details(method: dict[str, Any], amount: int, status: str) -> dict[str, Any]:
    if method["type"] == "sepa_debit":
        same = {
            key: method["sepa_debit"][key] for key in ("bank_code", "branch_code", "country", "fingerprint", "last4")
        }
        return {"sepa_debit": same | {"mandate": None}, "type": "sepa_debit"}
    card = method["card"]
    kept = (
        "brand",
        "checks",
        "country",
        "exp_month",
        "exp_year",
        "fingerprint",
        "funding",
        "last4",
        "regulated_status",
        "wallet",
    )
    return {
        "card": {key: card[key] for key in kept}
        | {
            "amount_authorized": amount if status != "failed" else None,
            "authorization_code": "123456" if status != "failed" else None,
            "extended_authorization": {"status": "disabled"},
            "incremental_authorization": {"status": "unavailable"},
            "installments": None,
            "mandate": None,
            "multicapture": {"status": "unavailable"},
            "network": card["brand"],
            "network_token": {"used": False},
            "network_transaction_id": None,
            "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
            "three_d_secure": None,
            "transaction_link_id": None,
        },
        "type": "card",
    }
