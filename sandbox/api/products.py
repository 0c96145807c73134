"""/v1/products"""

from typing import Any

from sandbox import clock, prices, products
from sandbox.changes import change
from sandbox.errors import invalid
from sandbox.params import existing, given, metadata, refuse
from sandbox.store import get_many
from sandbox.wire import endpoint, list_answer

PLAIN = (
    "active",
    "description",
    "images",
    "marketing_features",
    "package_dimensions",
    "shippable",
    "statement_descriptor",
    "tax_code",
    "unit_label",
    "url",
)


@endpoint("POST", "/v1/products", params="ProductCreateParams")
def create(params: dict[str, Any]) -> dict[str, Any]:
    """Make a product, under an id of the caller's choice if one is given."""
    refuse(params, "tax_details")
    if "id" in params and get_many({params["id"]}):
        raise invalid(f"Product already exists: '{params['id']}'.", "id", "resource_already_exists")
    fields = given(params, *PLAIN, "type")
    product = products.create(params["name"], params.get("id"), **fields, **metadata(params))
    if data := params.get("default_price_data"):
        price = prices.from_data({"product": product["id"], **data}, "default_price_data")
        product = change(product["id"], "product.updated", default_price=price["id"])
    return product


@endpoint("GET", "/v1/products", params="ProductListParams")
def list_products(params: dict[str, Any]) -> dict[str, Any]:
    """All of them, in pages."""
    refuse(params, "ids")
    return list_answer("product", "/v1/products", params, **given(params, "active", "shippable", "url", "type"))


@endpoint("GET", "/v1/products/{product}", params="ProductRetrieveParams")
def retrieve(_params: dict[str, Any], product: str) -> dict[str, Any]:
    """One of them."""
    return existing("product", product)


@endpoint("POST", "/v1/products/{product}", params="ProductUpdateParams")
def update(params: dict[str, Any], product: str) -> dict[str, Any]:
    """Change it."""
    refuse(params, "tax_details")
    old = existing("product", product)
    fields = given(params, *PLAIN, "name", "default_price") | metadata(params, old["metadata"])
    return change(product, "product.updated", updated=clock.now(), **fields) if fields else old
