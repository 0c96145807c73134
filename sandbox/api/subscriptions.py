"""/v1/subscriptions and /v1/subscription_items"""

from typing import Any

from django.db import transaction
from django.db.models import Q

from sandbox import billing, customers, payment_methods, store, subscriptions
from sandbox.changes import change
from sandbox.errors import invalid
from sandbox.params import existing, given, metadata, one_of, refuse
from sandbox.wire import endpoint, list_answer

URL = "/v1/subscriptions"
NOT_HERE = (
    "add_invoice_items",
    "application_fee_percent",
    "automatic_tax",
    "backdate_start_date",
    "billing_cycle_anchor_config",
    "billing_schedules",
    "billing_thresholds",
    "collection_method",
    "customer_account",
    "days_until_due",
    "default_source",
    "default_tax_rates",
    "discounts",
    "invoice_settings",
    "on_behalf_of",
    "pending_invoice_item_interval",
    "proration_date",
    "transfer_data",
    "trial_end",
    "trial_from_plan",
    "trial_period_days",
)


@endpoint("POST", URL, params="SubscriptionCreateParams")
def create(params: dict[str, Any]) -> dict[str, Any]:
    """Start one for a customer with a payment method; its first invoice is charged at once."""
    refuse(params, *NOT_HERE, "billing_cycle_anchor", "cancel_at", "cancel_at_period_end")
    customer = customers.living(params.get("customer", ""))
    method = _method(params, customer["id"]) or customer["invoice_settings"]["default_payment_method"]
    if method is None:
        raise invalid(
            "This customer has no attached payment source or default payment method.", code="resource_missing"
        )
    lines = []
    for index, item in enumerate(params.get("items", [])):
        price = billing.price_of(item, f"items[{index}]")
        if price is None:
            raise invalid("You must provide a price or price_data.", f"items[{index}]")
        lines.append((price, item.get("quantity", 1)))
    if not any(price["recurring"] for price, _ in lines):
        raise invalid("Missing required param: items.", "items", "parameter_missing")
    known = given(params, "description") | metadata(params)
    return billing.start(customer["id"], lines, method, **known)


@endpoint("GET", URL, params="SubscriptionListParams")
def list_subscriptions(params: dict[str, Any]) -> dict[str, Any]:
    """All that have not been canceled, in pages; `status` may ask for one status, `ended` or `all`."""
    refuse(params, "plan", "current_period_start", "current_period_end")
    status = params.get("status")
    conditions = {
        None: [~Q(body__status__in=list(subscriptions.ENDED))],
        "all": [],
        "ended": [Q(body__status__in=list(subscriptions.ENDED))],
    }.get(status, [Q(body__status=status)])
    filters = given(params, "customer", "collection_method", "test_clock")
    if "price" in params:
        filters["items"] = {"data": [{"price": {"id": params["price"]}}]}
    return list_answer("subscription", URL, params, *conditions, **filters)


@endpoint("GET", URL + "/{subscription}", params="SubscriptionRetrieveParams")
def retrieve(_params: dict[str, Any], subscription: str) -> dict[str, Any]:
    """One of them, canceled or not."""
    return existing("subscription", subscription)


@endpoint("POST", URL + "/{subscription}", params="SubscriptionUpdateParams")
@transaction.atomic  # a 402 undoes everything here, the attempt to pay too
def update(params: dict[str, Any], subscription: str) -> dict[str, Any]:
    """Change it. What is asked for together happens one after the other, with an event each."""
    refuse(params, *NOT_HERE)
    one_of(params, "cancel_at", "cancel_at_period_end")
    if params.get("payment_behavior", "allow_incomplete") not in {"allow_incomplete", "error_if_incomplete"}:
        raise invalid("The sandbox does not imitate this.", "payment_behavior")
    current = existing("subscription", subscription)
    if current["status"] in subscriptions.ENDED and set(params) - {"metadata", "cancellation_details"}:
        raise invalid("A canceled subscription can only update its cancellation_details and metadata.")
    fields = metadata(params, current["metadata"]) | given(params, "description")
    if "cancellation_details" in params:
        fields["cancellation_details"] = current["cancellation_details"] | params["cancellation_details"]
    if method := _method(params, current["customer"]):
        fields["default_payment_method"] = method
    change(subscription, "customer.subscription.updated", **fields)
    _end(params, subscription)
    if "pause_collection" in params:
        pause = params["pause_collection"] or {}
        subscriptions.pause_collection(subscription, pause.get("behavior"), pause.get("resumes_at"))
    anchor_now = (params.get("billing_cycle_anchor") or {}).get("type") == "now"
    if "items" in params or anchor_now:
        proration = params.get("proration_behavior", "create_prorations")
        billing.change_items(subscription, params.get("items", []), proration, anchor_now)
        if params.get("payment_behavior") == "error_if_incomplete":
            billing.insist_on_payment(subscription, current["latest_invoice"])
    return store.get(subscription)


@endpoint("DELETE", URL + "/{subscription}", params="SubscriptionCancelParams")
def cancel(params: dict[str, Any], subscription: str) -> dict[str, Any]:
    """End it now."""
    refuse(params, "invoice_now", "prorate")
    details = given(params.get("cancellation_details", {}), "comment", "feedback", "feedback_option")
    return subscriptions.cancel(existing("subscription", subscription)["id"], details=details)


@endpoint("POST", URL + "/{subscription}/pause", params="SubscriptionPauseParams")
def pause(params: dict[str, Any], subscription: str) -> dict[str, Any]:
    """Pause it: no periods, no invoices; the unused time is credited unless `bill_for` says none."""
    if params.get("invoicing_behavior", "pending_invoice_item") != "pending_invoice_item":
        raise invalid("The sandbox credits on the next invoice only.", "invoicing_behavior")
    unused = params.get("bill_for", {}).get("unused_time_from", {}).get("type", "now")
    return subscriptions.pause(existing("subscription", subscription)["id"], credit=unused != "none")


@endpoint("POST", URL + "/{subscription}/resume", params="SubscriptionResumeParams")
def resume(params: dict[str, Any], subscription: str) -> dict[str, Any]:
    """End a pause."""
    if params.get("payment_behavior", "resume_on_payment_attempt") != "resume_on_payment_attempt":
        raise invalid("The sandbox resumes on the attempt to pay.", "payment_behavior")
    anchor = params.get("billing_cycle_anchor", {}).get("type", "now")
    prorate = params.get("proration_behavior", "create_prorations") != "none"
    return billing.resume(existing("subscription", subscription)["id"], anchor=anchor, prorate=prorate)


@endpoint("GET", "/v1/subscription_items", params="SubscriptionItemListParams")
def list_items(params: dict[str, Any]) -> dict[str, Any]:
    """The items of a subscription, all at once."""
    if "subscription" not in params:
        raise invalid("Missing required param: subscription.", "subscription", "parameter_missing")
    return store.get(params["subscription"])["items"]  # type: ignore[no-any-return]


def _method(params: dict[str, Any], customer_id: str) -> str | None:
    if not params.get("default_payment_method"):
        return None
    method = payment_methods.of_token(params["default_payment_method"], "default_payment_method")
    if method["customer"] != customer_id:
        raise invalid(
            "The payment method must be attached to the customer.", "default_payment_method", "resource_missing"
        )
    method_id: str = method["id"]
    return method_id


def _end(params: dict[str, Any], subscription_id: str) -> None:
    """`cancel_at_period_end`, `cancel_at`, or taking either back."""
    details = given(params.get("cancellation_details", {}), "comment", "feedback", "feedback_option")
    if params.get("cancel_at_period_end"):
        subscriptions.cancel_at_period_end(subscription_id, details=details)
    elif params.get("cancel_at"):
        when = params["cancel_at"]
        if when in ("min_period_end", "max_period_end"):
            when = subscriptions.period(store.get(subscription_id))[1]
        subscriptions.cancel_at(subscription_id, int(when), details=details)
    elif "cancel_at_period_end" in params or "cancel_at" in params:
        subscriptions.keep(subscription_id)
