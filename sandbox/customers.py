"""Customers: who pays, under which address, with which card by default."""

import string
from secrets import choice
from typing import Any

from . import clock, events, store
from .errors import missing

NO_ADDRESS = {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None}


def blank(customer_id: str, created: int, **known: Any) -> dict[str, Any]:
    """A customer object; `known` are fields set at birth."""
    return {
        "id": customer_id,
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": created,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": "".join(choice(string.ascii_uppercase + string.digits) for _ in range(8)),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    } | known


def create(**known: Any) -> dict[str, Any]:
    """A new customer, announced."""
    customer = store.put(blank(store.new_id("cus_"), clock.now(), **known))
    events.emit("customer.created", customer)
    return customer


def living(customer_id: str, param: str = "customer") -> dict[str, Any]:
    """The customer that a parameter names; 400 when there is none or it was deleted."""
    try:
        customer = store.get(customer_id)
    except store.Missing:
        raise missing("customer", customer_id, param, status=400) from None
    if customer["object"] != "customer" or customer.get("deleted"):
        raise missing("customer", customer_id, param, status=400)
    return customer


def next_invoice_number(customer_id: str) -> str:
    """The number of the customer's next invoice, `AB12CD34-0007`; counts on."""
    customer = store.lock(customer_id)
    sequence = customer["next_invoice_sequence"]
    store.put(customer | {"next_invoice_sequence": sequence + 1})
    return f"{customer['invoice_prefix']}-{sequence:04d}"
