"""/v1/customers"""

from typing import Any

from django.db.models import Q

from sandbox import customers, events, payment_methods, store, subscriptions
from sandbox.changes import change
from sandbox.errors import invalid
from sandbox.params import existing, given, metadata, refuse
from sandbox.wire import endpoint, list_answer

PLAIN = ("address", "description", "email", "name", "phone", "preferred_locales", "shipping", "tax_exempt")
NOT_HERE = ("source", "tax", "tax_id_data", "cash_balance", "business_name", "individual_name", "balance")


@endpoint("POST", "/v1/customers", params="CustomerCreateParams")
def create(params: dict[str, Any]) -> dict[str, Any]:
    """Make a customer, with a payment method attached if one is named."""
    refuse(params, *NOT_HERE)
    _check_email(params)
    fields = given(params, *PLAIN, "invoice_prefix", "next_invoice_sequence", "test_clock")
    if fields.get("test_clock"):
        existing("test_helpers.test_clock", fields["test_clock"])
    customer = customers.create(**fields, **metadata(params))
    if "payment_method" in params:
        payment_methods.attach(payment_methods.of_token(params["payment_method"])["id"], customer["id"])
    return _settings(customer["id"], params)


@endpoint("GET", "/v1/customers", params="CustomerListParams")
def list_customers(params: dict[str, Any]) -> dict[str, Any]:
    """All that were not deleted, in pages."""
    filters = given(params, "email", "test_clock")
    return list_answer("customer", "/v1/customers", params, ~Q(body__has_key="deleted"), **filters)


@endpoint("GET", "/v1/customers/{customer}", params="CustomerRetrieveParams")
def retrieve(_params: dict[str, Any], customer: str) -> dict[str, Any]:
    """A customer; of a deleted one the little that stays."""
    return existing("customer", customer)


@endpoint("POST", "/v1/customers/{customer}", params="CustomerUpdateParams")
def update(params: dict[str, Any], customer: str) -> dict[str, Any]:
    """Change a customer."""
    refuse(params, *NOT_HERE)
    _check_email(params)
    old = customers.living(existing("customer", customer)["id"])
    change(customer, "customer.updated", **given(params, *PLAIN), **metadata(params, old["metadata"]))
    return _settings(customer, params)


@endpoint("DELETE", "/v1/customers/{customer}", params="CustomerDeleteParams")
def delete(_params: dict[str, Any], customer: str) -> dict[str, Any]:
    """Delete for good: subscriptions end at once, payment methods come off, the id answers `deleted`."""
    gone = customers.living(existing("customer", customer)["id"])
    for subscription in store.find("subscription", customer=customer):
        if subscription["status"] not in subscriptions.ENDED:
            subscriptions.cancel(subscription["id"])
    for method in store.find("payment_method", customer=customer):
        payment_methods.detach(method["id"])
    events.emit("customer.deleted", gone)
    return store.put({"id": customer, "object": "customer", "deleted": True})


@endpoint("GET", "/v1/customers/{customer}/payment_methods", params="CustomerListPaymentMethodsParams")
def list_payment_methods(params: dict[str, Any], customer: str) -> dict[str, Any]:
    """The customer's payment methods, in pages."""
    existing("customer", customer)
    filters = given(params, "type")
    return list_answer(
        "payment_method", f"/v1/customers/{customer}/payment_methods", params, customer=customer, **filters
    )


@endpoint("GET", "/v1/customers/{customer}/payment_methods/{method}", params="CustomerRetrievePaymentMethodParams")
def retrieve_payment_method(_params: dict[str, Any], customer: str, method: str) -> dict[str, Any]:
    """One of the customer's payment methods."""
    found = existing("payment_method", method)
    if found["customer"] != customer:
        raise store.Missing(method)
    return found


def _settings(customer_id: str, params: dict[str, Any]) -> dict[str, Any]:
    wanted = params.get("invoice_settings", {})
    refuse(wanted, "custom_fields", "footer", "rendering_options")
    if "default_payment_method" not in wanted:
        return store.get(customer_id)
    method_id = wanted["default_payment_method"] or None
    if method_id and payment_methods.of_token(method_id)["customer"] != customer_id:
        message = f"The customer does not have a payment method with the ID {method_id}. It must be attached first."
        raise invalid(message, "invoice_settings[default_payment_method]", "resource_missing")
    settings = store.get(customer_id)["invoice_settings"] | {"default_payment_method": method_id}
    return change(customer_id, "customer.updated", invoice_settings=settings)


def _check_email(params: dict[str, Any]) -> None:
    email = params.get("email")
    if email and ("@" not in email[1:-1] or len(email) > 512 or any(c.isspace() for c in email)):
        raise invalid(f"Invalid email address: {email}", "email", "email_invalid")
