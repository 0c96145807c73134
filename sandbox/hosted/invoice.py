"""/invoice/{invoice}: the hosted invoice, where an open one is paid; and /receipt/{charge}."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from sandbox import billing, cards, invoices, payment_intents, store
from sandbox.errors import ApiError

from . import fields
from .layout import page
from .pay import UNPROVEN


@require_http_methods(["GET", "POST"])
def show(request: HttpRequest, invoice_id: str) -> HttpResponse:
    """The page, and what its buttons do: pay with a card, or answer the bank's question."""
    invoice = store.get_many({invoice_id}).get(invoice_id)
    if invoice is None or invoice["object"] != "invoice" or invoice["status"] == "draft":
        return page("gone.html", status=404, message="There is no such invoice.", url=None)
    payable = invoice["status"] in {"open", "uncollectible"}
    intent = invoices.intent_of(invoice_id) or {}
    if request.method == "POST" and payable:
        try:
            return _pressed(request, invoice, intent)
        except ApiError as refusal:
            return _form(store.get(invoice_id), str(refusal), status=refusal.status)
    if payable and intent.get("status") == "requires_action" and "card" not in request.GET:
        back = f"/invoice/{invoice_id}?card=1"
        return page("authenticate.html", amount=invoice["amount_remaining"], currency=invoice["currency"], back=back)
    return _form(invoice)


@require_http_methods(["GET"])
def receipt(_request: HttpRequest, charge_id: str) -> HttpResponse:
    """What was paid, when, with which card."""
    charge = store.get_many({charge_id}).get(charge_id)
    if charge is None or charge["object"] != "charge":
        return page("gone.html", status=404, message="There is no such receipt.", url=None)
    kind = charge["payment_method_details"]["type"]
    return page("receipt.html", charge=charge, paid_with=charge["payment_method_details"][kind])


def _pressed(request: HttpRequest, invoice: dict[str, Any], intent: dict[str, Any]) -> HttpResponse:
    typed, here = request.POST, f"/invoice/{invoice['id']}"
    with transaction.atomic():
        if typed.get("action") == "authenticate":
            if intent.get("status") != "requires_action":
                return HttpResponseRedirect(here, status=303)
            if typed.get("outcome") != "complete":
                payment_intents.fail_authentication(intent["id"])
                return _form(invoice, UNPROVEN, status=402)
            intent = billing.pay_page(invoice["id"], store.get(intent["payment_method"]), authenticated=True)
        else:
            try:
                method = store.put(fields.method(typed, invoice["customer_email"]))
            except cards.Declined as refusal:
                return _form(invoice, str(refusal), status=402)
            intent = billing.pay_page(invoice["id"], method)
    if intent["status"] == "requires_payment_method":
        return _form(store.get(invoice["id"]), intent["last_payment_error"]["message"], status=402)
    return HttpResponseRedirect(here, status=303)


def _form(invoice: dict[str, Any], error: str | None = None, status: int = 200) -> HttpResponse:
    payable = invoice["status"] in {"open", "uncollectible"}
    return page(
        "invoice.html",
        status=status,
        invoice=invoice,
        payable=payable,
        error=error,
        typed={},
        email=None,
        sepa=False,
        **fields.CHOICES,
    )
