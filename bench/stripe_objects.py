"""Objects as Stripe would answer them, with what the product reads of them. Ids are made of a giver's number."""

from typing import Any

Json = dict[str, Any]

DAY = 86_400


def listing(url: str, items: list[Json]) -> Json:
    """A whole list on one page."""
    return {"object": "list", "url": url, "has_more": False, "data": items}


def session(name: str, reference: str, *, subscription: str | None = None, intent: str | None = None) -> Json:
    """A Checkout session that was paid."""
    return {
        "id": f"cs_{name}", "object": "checkout.session", "url": None, "status": "complete", "payment_status": "paid",
        "mode": "subscription" if subscription else "payment", "client_reference_id": reference, "livemode": False,
        "customer": f"cus_{name}" if subscription else None, "subscription": subscription, "payment_intent": intent,
        "customer_details": {"email": f"giver-{name}@example.org", "name": f"Giver {name}"}, "expires_at": None,
        "metadata": {"donation": reference},
    }  # fmt: skip


def subscription(
    name: str, reference: str, *, amount: int, currency: str, start: int, end: int, status: str = "active",
    ended: int | None = None,
) -> Json:  # fmt: skip
    """A monthly subscription; `ended` because its payments failed for good."""
    item = {
        "id": f"si_{name}", "object": "subscription_item", "current_period_start": end - 30 * DAY,
        "current_period_end": end, "quantity": 1,
        "price": {
            "id": f"price_{name}", "object": "price", "product": "hromada_support", "unit_amount": amount,
            "currency": currency.lower(), "recurring": {"interval": "month", "interval_count": 1},
        },
    }  # fmt: skip
    card = {"id": f"pm_{name}", "object": "payment_method", "type": "card", "card": CARD}
    return {
        "id": f"sub_{name}", "object": "subscription", "created": start, "status": "canceled" if ended else status,
        "customer": f"cus_{name}", "metadata": {"donation": reference, "fee_cover": "0"}, "currency": currency.lower(),
        "items": listing("/v1/subscription_items", [item]), "start_date": start, "billing_cycle_anchor": start,
        "cancel_at": None,
        "cancel_at_period_end": False, "canceled_at": ended, "ended_at": ended, "pause_collection": None,
        "cancellation_details": {"reason": "payment_failed" if ended else None}, "default_payment_method": card,
        "livemode": False,
    }  # fmt: skip


CARD = {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2040}


def invoice(
    name: str, reference: str, *, subscription: str, intent: str, amount: int, currency: str, start: int, end: int,
    reason: str = "subscription_cycle", status: str = "paid", attempts: int = 1,
) -> Json:  # fmt: skip
    """One period's invoice."""
    payment = {"type": "payment_intent", "payment_intent": intent}
    paying = {
        "id": f"inpay_{name}", "object": "invoice_payment", "invoice": f"in_{name}", "payment": payment,
        "is_default": True, "status": "paid" if status == "paid" else "open",
    }  # fmt: skip
    return {
        "id": f"in_{name}", "object": "invoice", "status": status, "billing_reason": reason,
        "currency": currency.lower(),
        "parent": {
            "type": "subscription_details",
            "subscription_details": {"subscription": subscription, "metadata": {"donation": reference}},
        },
        "amount_due": amount, "attempt_count": attempts, "next_payment_attempt": None, "hosted_invoice_url": None,
        "lines": listing("/v1/lines", [{"id": f"il_{name}", "period": {"start": start, "end": end}}]),
        "payments": listing("/v1/invoice_payments", [paying]),
        "period_start": start, "period_end": start, "created": start, "livemode": False,
        "status_transitions": {"finalized_at": start, "paid_at": start if status == "paid" else None},
    }  # fmt: skip


def movement(name: str, kind: str, *, amount: int, fee: int, currency: str, at: int, rate: float | None = None) -> Json:
    """A balance transaction, in settlement currency."""
    return {
        "id": f"txn_{name}", "object": "balance_transaction", "type": kind, "amount": amount, "fee": fee,
        "net": amount - fee, "currency": currency.lower(), "exchange_rate": rate, "available_on": at, "created": at,
        "source": None, "description": None,
    }  # fmt: skip


def charge(
    name: str, *, amount: int, currency: str, at: int, movement: Json | None, refunded: int = 0, disputed: bool = False,
    status: str = "succeeded",
) -> Json:  # fmt: skip
    """A charge by card; its balance transaction comes late."""
    return {
        "id": f"ch_{name}", "object": "charge", "payment_intent": f"pi_{name}", "status": status, "amount": amount,
        "amount_refunded": refunded, "currency": currency.lower(), "disputed": disputed, "created": at,
        "payment_method_details": {"type": "card", "card": CARD}, "balance_transaction": movement, "livemode": False,
    }  # fmt: skip


def intent(name: str, *, amount: int, currency: str, charge: Json | None, reference: str | None = None) -> Json:
    """A payment intent, with its newest charge; a subscription's does not name the donation."""
    succeeded = charge is not None and charge["status"] == "succeeded"
    return {
        "id": f"pi_{name}", "object": "payment_intent", "amount": amount, "currency": currency.lower(),
        "customer": None, "status": "succeeded" if succeeded else "requires_payment_method", "latest_charge": charge,
        "livemode": False, "metadata": {"donation": reference} if reference else {},
        "last_payment_error": None if succeeded or charge is None else {
            "code": "card_declined", "decline_code": "insufficient_funds", "charge": charge["id"],
        },
    }  # fmt: skip


def refund(name: str, *, charge: str, intent: str, amount: int, currency: str, at: int, movement: Json) -> Json:
    """A refund that went through."""
    return {
        "id": f"re_{name}", "object": "refund", "charge": charge, "payment_intent": intent, "amount": amount,
        "currency": currency.lower(), "status": "succeeded", "failure_reason": None, "created": at,
        "balance_transaction": movement, "failure_balance_transaction": None,
    }  # fmt: skip


def dispute(
    name: str, *, charge: str, intent: str, amount: int, currency: str, status: str, at: int, movements: list[Json]
) -> Json:
    """A dispute with the movements it has made so far."""
    return {
        "id": f"dp_{name}", "object": "dispute", "charge": charge, "payment_intent": intent, "amount": amount,
        "currency": currency.lower(), "status": status, "reason": "fraudulent", "created": at,
        "evidence_details": {"due_by": at + 7 * DAY}, "balance_transactions": movements,
    }  # fmt: skip
