"""/v1/invoices and /v1/invoice_payments"""

from typing import Any

from django.db import transaction
from django.db.models import Q

from sandbox import billing, dunning, invoices, payment_methods, store
from sandbox.changes import change
from sandbox.errors import invalid
from sandbox.params import existing, given, metadata, refuse
from sandbox.wire import endpoint, list_answer

URL = "/v1/invoices"


@endpoint("GET", URL, params="InvoiceListParams")
def list_invoices(params: dict[str, Any]) -> dict[str, Any]:
    """All of them, in pages."""
    refuse(params, "due_date")
    filters = given(params, "customer", "status", "collection_method")
    if "subscription" in params:
        filters["parent__subscription_details__subscription"] = params["subscription"]
    return list_answer("invoice", URL, params, **filters)


@endpoint("POST", URL + "/create_preview", params="InvoiceCreatePreviewParams")
def create_preview(params: dict[str, Any]) -> dict[str, Any]:
    """The next renewal's invoice, with other items if `subscription_details[items]` says so; nothing is stored."""
    refuse(params, "discounts", "invoice_items", "schedule", "schedule_details", "customer_details", "automatic_tax")
    refuse(
        params.get("subscription_details", {}), "billing_schedules", "trial_end", "cancel_at", "cancel_now", "resume_at"
    )
    if "subscription" not in params:
        raise invalid("The sandbox previews the invoices of subscriptions only.", "subscription", "parameter_missing")
    subscription = existing("subscription", params["subscription"])
    if not (items := params.get("subscription_details", {}).get("items")):
        return billing.preview(subscription)
    with transaction.atomic():
        data = billing.with_items(subscription, items)
        shown = billing.preview(subscription | {"items": subscription["items"] | {"data": data}})
        transaction.set_rollback(True)  # inline prices were made for the preview only
    return shown


@endpoint("GET", URL + "/{invoice}", params="InvoiceRetrieveParams")
def retrieve(_params: dict[str, Any], invoice: str) -> dict[str, Any]:
    """One of them."""
    return existing("invoice", invoice)


@endpoint("POST", URL + "/{invoice}", params="InvoiceUpdateParams")
def update(params: dict[str, Any], invoice: str) -> dict[str, Any]:
    """Change its metadata, description, or whether it moves by itself."""
    refuse(params, *(name for name in params if name not in {"metadata", "description", "auto_advance"}))
    fields = given(params, "description") | metadata(params, existing("invoice", invoice)["metadata"])
    if "auto_advance" in params:
        fields["auto_advance"] = params["auto_advance"]
    return change(invoice, "invoice.updated", **fields)


@endpoint("GET", URL + "/{invoice}/lines", params="InvoiceListLinesParams")
def list_lines(_params: dict[str, Any], invoice: str) -> dict[str, Any]:
    """Its lines, all at once."""
    return existing("invoice", invoice)["lines"]  # type: ignore[no-any-return]


@endpoint("POST", URL + "/{invoice}/finalize", params="InvoiceFinalizeInvoiceParams")
def finalize(params: dict[str, Any], invoice: str) -> dict[str, Any]:
    """Close the draft before its hour is over."""
    existing("invoice", invoice)
    if "auto_advance" in params:
        change(invoice, auto_advance=params["auto_advance"])
    return invoices.finalize(invoice)


@endpoint("POST", URL + "/{invoice}/pay", params="InvoicePayParams")
def pay(params: dict[str, Any], invoice: str) -> dict[str, Any]:
    """Try to collect now, with another payment method if one is named. A refusal by the bank is a 402."""
    refuse(params, "source", "mandate", "forgive")
    current = existing("invoice", invoice)
    if params.get("paid_out_of_band"):
        return _paid_elsewhere(current)
    method_id = params.get("payment_method") or dunning.method_for(current)
    if method_id is None:
        raise invalid("There is no `default_payment_method` set on this Customer or Invoice.", code="missing")
    method = payment_methods.of_token(method_id)
    if method["customer"] is None:
        method = payment_methods.attach(method["id"], current["customer"])
    intent = dunning.pay(invoice, method["id"], off_session=params.get("off_session", True))
    if intent["status"] not in {"succeeded", "processing"}:
        raise dunning.refusal(intent)
    return store.get(invoice)


@endpoint("POST", URL + "/{invoice}/void", params="InvoiceVoidInvoiceParams")
def void(_params: dict[str, Any], invoice: str) -> dict[str, Any]:
    """As if it had never been."""
    if existing("invoice", invoice)["status"] == "draft":
        raise invalid("You can only void open or uncollectible invoices.")
    return invoices.void(invoice)


@endpoint("POST", URL + "/{invoice}/mark_uncollectible", params="InvoiceMarkUncollectibleParams")
def mark_uncollectible(_params: dict[str, Any], invoice: str) -> dict[str, Any]:
    """Give it up."""
    return invoices.give_up(existing("invoice", invoice)["id"])


@endpoint("GET", "/v1/invoice_payments", params="InvoicePaymentListParams")
def list_payments(params: dict[str, Any]) -> dict[str, Any]:
    """Which payments pay which invoices; `payment` is the way back from a payment intent."""
    filters = given(params, "invoice", "status")
    conditions = [Q(body__contains={"payment": params["payment"]})] if "payment" in params else []
    return list_answer("invoice_payment", "/v1/invoice_payments", params, *conditions, **filters)


@endpoint("GET", "/v1/invoice_payments/{payment}", params="InvoicePaymentRetrieveParams")
def retrieve_payment(_params: dict[str, Any], payment: str) -> dict[str, Any]:
    """One of them."""
    return existing("invoice_payment", payment)


def _paid_elsewhere(invoice: dict[str, Any]) -> dict[str, Any]:
    if invoice["status"] not in {"open", "uncollectible"}:
        raise invalid(f"Invoice is already {invoice['status']}")
    return dunning.settled(invoice["id"], off_stripe=True)
