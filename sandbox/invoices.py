"""Invoices: what is owed for a period of a subscription, from draft to paid, void or given up.

Trying to collect, and what follows when that fails, is in dunning."""

from typing import Any

from . import address, clock, events, payment_intents, store
from .changes import change
from .customers import next_invoice_number
from .errors import invalid
from .expansion import expandable
from .models import Config

DRAFT_FOR = 3_600
"""Seconds that a renewal stays a draft before it is finalized."""


def line(
    line_id: str,
    invoice_id: str,
    item: dict[str, Any],
    period: tuple[int, int],
    *,
    amount: int | None = None,
    description: str | None = None,
    proration: bool = False,
    metadata: dict[str, str] | None = None,
) -> dict[str, Any]:
    """An invoice line for a subscription item's service period; `amount` only where it is not price times quantity."""
    price = item["price"]
    total = price["unit_amount"] * item["quantity"] if amount is None else amount
    return {
        "id": line_id,
        "object": "line_item",
        "amount": total,
        "currency": price["currency"],
        "description": description,
        "discount_amounts": [],
        "discountable": not proration,
        "discounts": [],
        "invoice": invoice_id,
        "livemode": False,
        "metadata": metadata or {},
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": proration,
                "proration_details": {"credited_items": None},
                "subscription": item["subscription"],
                "subscription_item": item["id"],
            },
            "type": "subscription_item_details",
        },
        "period": {"start": period[0], "end": period[1]},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": str(price["unit_amount"]),
        },
        "quantity": item["quantity"],
        "quantity_decimal": str(item["quantity"]),
        "subtotal": total,
        "taxes": [],
    }


def blank(
    invoice_id: str,
    created: int,
    subscription: dict[str, Any],
    customer: dict[str, Any],
    lines: list[dict[str, Any]],
    reason: str,
    period: tuple[int, int],
    account: Config | None = None,
) -> dict[str, Any]:
    """A draft of a subscription's invoice. `period` is the invoice's own, not the service period, which lines have."""
    total = sum(item["amount"] for item in lines)
    due = max(total, 0)
    account = account or Config.current()
    return {
        "id": invoice_id,
        "object": "invoice",
        "account_country": account.country,
        "account_name": account.name,
        "account_tax_ids": None,
        "amount_due": due,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_remaining": due,
        "amount_shipping": 0,
        "application": None,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "automatically_finalizes_at": None,
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": created,
        "currency": subscription["currency"],
        "custom_fields": None,
        "customer": customer["id"],
        "customer_account": None,
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_shipping": customer["shipping"],
        "customer_tax_exempt": customer["tax_exempt"],
        "customer_tax_ids": [],
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "due_date": None,
        "effective_at": None,
        "ending_balance": None,
        "footer": None,
        "from_invoice": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "issuer": {"type": "self"},
        "last_finalization_error": None,
        "latest_revision": None,
        "lines": {"object": "list", "data": lines, "has_more": False, "url": f"/v1/invoices/{invoice_id}/lines"},
        "livemode": False,
        "metadata": {},
        "next_payment_attempt": None,
        "number": None,
        "on_behalf_of": None,
        "parent": {
            "quote_details": None,
            "subscription_details": {"metadata": subscription["metadata"], "subscription": subscription["id"]},
            "type": "subscription_details",
        },
        "payment_settings": {"default_mandate": None, "payment_method_options": None, "payment_method_types": None},
        "period_end": period[1],
        "period_start": period[0],
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": None,
        "rendering": None,
        "shipping_cost": None,
        "shipping_details": None,
        "starting_balance": 0,
        "statement_descriptor": None,
        "status": "draft",
        "status_details": None,
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "subtotal": total,
        "subtotal_excluding_tax": total,
        "test_clock": None,
        "total": total,
        "total_discount_amounts": [],
        "total_excluding_tax": total,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "webhooks_delivered_at": None,
    }


def payment(payment_id: str, created: int, invoice: dict[str, Any], intent_id: str) -> dict[str, Any]:
    """The link from an invoice to the payment intent that pays it."""
    return {
        "id": payment_id,
        "object": "invoice_payment",
        "amount_paid": None,
        "amount_requested": invoice["amount_due"],
        "created": created,
        "currency": invoice["currency"],
        "invoice": invoice["id"],
        "is_default": True,
        "livemode": False,
        "payment": {"payment_intent": intent_id, "type": "payment_intent"},
        "status": "open",
        "status_transitions": {"canceled_at": None, "paid_at": None},
    }


def draft(
    subscription: dict[str, Any], lines: list[dict[str, Any]], reason: str, period: tuple[int, int], invoice_id: str
) -> dict[str, Any]:
    """Write the invoice, announced; it finalizes itself an hour later if `auto_advance` is left on."""
    customer = store.get(subscription["customer"])
    invoice = blank(invoice_id, clock.now(), subscription, customer, lines, reason, period)
    invoice["default_payment_method"] = None
    if reason == "subscription_cycle":
        invoice["automatically_finalizes_at"] = invoice["created"] + DRAFT_FOR
    events.emit("invoice.created", store.put(invoice))
    return invoice


def finalize(invoice_id: str, intent_id: str | None = None) -> dict[str, Any]:
    """The draft gets its number, its page and a payment intent (`intent_id` when one has been paid already)."""
    invoice = store.lock(invoice_id)
    if invoice["status"] != "draft":
        raise invalid(
            "This invoice is already finalized, you can't re-finalize a non-draft invoice.", code="invoice_not_editable"
        )
    now = clock.now()
    invoice = change(
        invoice_id,
        status="open",
        number=next_invoice_number(invoice["customer"]),
        effective_at=now,
        ending_balance=0,
        automatically_finalizes_at=None,
        hosted_invoice_url=address.url(f"/invoice/{invoice_id}"),
        invoice_pdf=address.url(f"/invoice/{invoice_id}/pdf"),
        status_transitions=invoice["status_transitions"] | {"finalized_at": now},
        webhooks_delivered_at=invoice["webhooks_delivered_at"] or now,
    )
    if invoice["amount_due"]:
        intent_id = (
            intent_id
            or payment_intents.create(
                invoice["amount_due"],
                invoice["currency"],
                customer=invoice["customer"],
                description="Subscription update"
                if invoice["billing_reason"] == "subscription_cycle"
                else "Subscription creation",
                setup_future_usage="off_session",
            )["id"]
        )
        store.put(payment(store.new_id("inpay_"), now, invoice, intent_id))
    events.emit("invoice.finalized", invoice)
    return invoice


def paid(invoice_id: str, *, off_stripe: bool = False) -> dict[str, Any]:
    """Settle the invoice and its payment. What that means for the subscription is dunning's."""
    invoice, now = store.lock(invoice_id), clock.now()
    invoice = change(
        invoice_id,
        "invoice.updated",
        status="paid",
        amount_paid=invoice["amount_due"],
        amount_remaining=0,
        attempted=True,
        auto_advance=False,
        next_payment_attempt=None,
        status_transitions=invoice["status_transitions"] | {"paid_at": now},
    )
    for link in store.find("invoice_payment", invoice=invoice_id, status="open"):
        new = {"status": "canceled"} if off_stripe else {"status": "paid", "amount_paid": invoice["amount_due"]}
        moment = "canceled_at" if off_stripe else "paid_at"
        settled = change(link["id"], **new, status_transitions=link["status_transitions"] | {moment: now})
        if off_stripe:
            payment_intents.cancel(link["payment"]["payment_intent"])
        else:
            events.emit("invoice_payment.paid", settled)
    events.emit("invoice.paid", invoice)
    events.emit("invoice.payment_succeeded", invoice)
    return invoice


def void(invoice_id: str) -> dict[str, Any]:
    """As if it had never been: nothing is owed, the payment intent is canceled."""
    invoice = store.lock(invoice_id)
    if invoice["status"] not in {"draft", "open", "uncollectible"}:
        raise invalid(f"You can only pass in open invoices. This invoice isn't open: it is {invoice['status']}.")
    now = clock.now()
    for link in store.find("invoice_payment", invoice=invoice_id, status="open"):
        payment_intents.cancel(link["payment"]["payment_intent"])
        change(link["id"], status="canceled", status_transitions=link["status_transitions"] | {"canceled_at": now})
    invoice = change(
        invoice_id,
        status="void",
        auto_advance=False,
        next_payment_attempt=None,
        status_transitions=invoice["status_transitions"] | {"voided_at": now},
    )
    events.emit("invoice.voided", invoice)
    return invoice


def give_up(invoice_id: str) -> dict[str, Any]:
    """Mark it uncollectible; it can still be paid."""
    invoice = store.lock(invoice_id)
    if invoice["status"] != "open":
        raise invalid("You can only mark open invoices as uncollectible.")
    transitions = invoice["status_transitions"] | {"marked_uncollectible_at": clock.now()}
    invoice = change(
        invoice_id,
        status="uncollectible",
        auto_advance=False,
        next_payment_attempt=None,
        status_transitions=transitions,
    )
    events.emit("invoice.marked_uncollectible", invoice)
    return invoice


def stop_collecting(subscription_id: str) -> None:
    """No further attempts on what the subscription owes; the invoices stay."""
    for invoice in of_subscription(subscription_id):
        if invoice["status"] in {"draft", "open"}:
            change(
                invoice["id"],
                "invoice.updated",
                auto_advance=False,
                next_payment_attempt=None,
                automatically_finalizes_at=None,
            )


def of_subscription(subscription_id: str) -> list[dict[str, Any]]:
    """All its invoices, newest first."""
    return store.find("invoice", parent__subscription_details__subscription=subscription_id)


def subscription_of(invoice: dict[str, Any]) -> str | None:
    """The id of the subscription it belongs to."""
    details = (invoice["parent"] or {}).get("subscription_details")
    return details["subscription"] if details else None


def intent_of(invoice_id: str) -> dict[str, Any] | None:
    """The payment intent that is to pay it, or has."""
    links = [link for link in store.find("invoice_payment", invoice=invoice_id) if link["is_default"]]
    return store.get(links[0]["payment"]["payment_intent"]) if links else None


def intent_to_pay(invoice_id: str) -> dict[str, Any]:
    """The payment intent of an invoice that has been finalized and owes something."""
    intent = intent_of(invoice_id)
    if intent is None:
        raise invalid("There is nothing to pay on this invoice.")
    return intent


@expandable("invoice", "payments")
def payments_of(invoice: dict[str, Any]) -> dict[str, Any]:
    """The list that stands in `invoice.payments` when expanded."""
    data = store.find("invoice_payment", invoice=invoice["id"])
    return {"object": "list", "data": data, "has_more": False, "url": f"/v1/invoice_payments?invoice={invoice['id']}"}


@expandable("invoice", "confirmation_secret")
def confirmation_secret_of(invoice: dict[str, Any]) -> dict[str, Any]:
    """The client secret of its payment intent, when expanded."""
    intent = intent_of(invoice["id"])
    return {"client_secret": intent["client_secret"] if intent else "", "type": "payment_intent"}
