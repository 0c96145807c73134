"""/v1/prices"""

from typing import Any

from sandbox import currencies, prices, products
from sandbox.changes import change
from sandbox.errors import invalid
from sandbox.params import existing, given, metadata, refuse
from sandbox.wire import endpoint, list_answer

NOT_HERE = ("billing_scheme", "currency_options", "custom_unit_amount", "tiers", "tiers_mode", "transform_quantity")


@endpoint("POST", "/v1/prices", params="PriceCreateParams")
def create(params: dict[str, Any]) -> dict[str, Any]:
    """Make a price of a product, or of a new one."""
    refuse(params, *NOT_HERE, "transfer_lookup_key")
    currency = currencies.known(params["currency"])
    if ("product" in params) == ("product_data" in params):
        raise invalid("You must specify exactly one of `product` or `product_data`.", "product")
    amount = prices.amount_of(params, "unit_amount")
    currencies.check_amount(amount, currency, "unit_amount")
    if "product" in params:
        product = products.existing(params["product"])
    else:
        product = products.create(params["product_data"]["name"], metadata=params["product_data"].get("metadata", {}))
    fields = given(params, "active", "nickname", "lookup_key", "tax_behavior")
    return prices.create(product["id"], currency, amount, params.get("recurring"), **fields, **metadata(params))


@endpoint("GET", "/v1/prices", params="PriceListParams")
def list_prices(params: dict[str, Any]) -> dict[str, Any]:
    """All of them, in pages."""
    refuse(params, "lookup_keys")
    filters = given(params, "active", "currency", "product", "type", "recurring")
    return list_answer("price", "/v1/prices", params, **filters)


@endpoint("GET", "/v1/prices/{price}", params="PriceRetrieveParams")
def retrieve(_params: dict[str, Any], price: str) -> dict[str, Any]:
    """One of them."""
    return existing("price", price)


@endpoint("POST", "/v1/prices/{price}", params="PriceUpdateParams")
def update(params: dict[str, Any], price: str) -> dict[str, Any]:
    """Change what may change: whether it is offered, its name and metadata. Never the amount."""
    refuse(params, "currency_options", "transfer_lookup_key")
    old = existing("price", price)
    fields = given(params, "active", "nickname", "lookup_key", "tax_behavior") | metadata(params, old["metadata"])
    return change(price, "price.updated", **fields)
