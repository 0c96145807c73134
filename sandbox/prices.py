"""Prices: an amount of a product, once or every so often. Inline `price_data` makes one of these, too."""

from decimal import Decimal
from typing import Any

from . import clock, currencies, events, products, store
from .errors import invalid, missing


def blank(
    price_id: str,
    created: int,
    product: str,
    currency: str,
    unit_amount: int | None,
    recurring: dict[str, Any] | None,
    **known: Any,
) -> dict[str, Any]:
    """A price object. `unit_amount` in minor units; `recurring` is {interval, interval_count} or None for once."""
    return {
        "id": price_id,
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": created,
        "currency": currency,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": product,
        "recurring": recurring
        and {
            "interval": recurring["interval"],
            "interval_count": recurring.get("interval_count", 1),
            "meter": None,
            "trial_period_days": None,
            "usage_type": "licensed",
        },
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if recurring else "one_time",
        "unit_amount": unit_amount,
        "unit_amount_decimal": None if unit_amount is None else str(unit_amount),
    } | known


def plan(price: dict[str, Any]) -> dict[str, Any]:
    """The old-style plan that a subscription item still carries beside its price."""
    same = {
        key: price[key] for key in ("id", "active", "billing_scheme", "created", "currency", "livemode", "metadata")
    }
    return same | {
        "object": "plan",
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "interval": price["recurring"]["interval"],
        "interval_count": price["recurring"]["interval_count"],
        "meter": None,
        "nickname": price["nickname"],
        "product": price["product"],
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }


def create(
    product: str, currency: str, unit_amount: int, recurring: dict[str, Any] | None, **known: Any
) -> dict[str, Any]:
    """A new price, announced."""
    price = blank(store.new_id("price_"), clock.now(), product, currency, unit_amount, _checked(recurring), **known)
    events.emit("price.created", store.put(price))
    return price


def from_data(data: dict[str, Any], param: str) -> dict[str, Any]:
    """The price of inline `price_data`, with its product when that is inline, too."""
    currency = currencies.known(data.get("currency", ""), f"{param}[currency]")
    if ("product" in data) == ("product_data" in data):
        raise invalid(
            "You must specify exactly one of `product` or `product_data` when using `price_data`.", f"{param}[product]"
        )
    amount = amount_of(data, param)
    currencies.check_amount(amount, currency, f"{param}[unit_amount]")
    if "product" in data:
        product = products.existing(data["product"], f"{param}[product]")
    else:
        inline = data["product_data"]
        known = {
            key: inline[key] for key in ("description", "images", "metadata", "tax_code", "unit_label") if key in inline
        }
        product = products.create(inline["name"], **known)
    return create(product["id"], currency, amount, data.get("recurring"))


def amount_of(data: dict[str, Any], param: str) -> int:
    """The whole minor units among the parameters; refuses both, neither and fractions."""
    if ("unit_amount" in data) == ("unit_amount_decimal" in data):
        raise invalid(
            "You must specify exactly one of `unit_amount` or `unit_amount_decimal`.", f"{param}[unit_amount]"
        )
    amount = Decimal(str(data.get("unit_amount", data.get("unit_amount_decimal"))))
    if amount != amount.to_integral_value():
        raise invalid("This stand-in charges whole minor units only.", f"{param}[unit_amount_decimal]")
    return int(amount)


def existing(price_id: str, param: str = "price") -> dict[str, Any]:
    """The price that a parameter names; 400 when there is none."""
    try:
        return store.get(price_id)
    except store.Missing:
        raise missing("price", price_id, param, status=400) from None


def _checked(recurring: dict[str, Any] | None) -> dict[str, Any] | None:
    if recurring is None:
        return None
    most = {"day": 1095, "week": 156, "month": 36, "year": 3}[recurring["interval"]]
    if not 1 <= recurring.get("interval_count", 1) <= most:
        raise invalid("The maximum number of intervals is three years.", "recurring[interval_count]")
    return recurring
