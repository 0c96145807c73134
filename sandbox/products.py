"""Products: what is given for."""

from typing import Any

from . import clock, events, store
from .errors import missing


def blank(product_id: str, created: int, name: str, **known: Any) -> dict[str, Any]:
    """A product object."""
    return {
        "id": product_id,
        "object": "product",
        "active": True,
        "created": created,
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "name": name,
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "type": "service",
        "unit_label": None,
        "updated": created,
        "url": None,
    } | known


def create(name: str, product_id: str | None = None, **known: Any) -> dict[str, Any]:
    """A new product, announced."""
    product = store.put(blank(product_id or store.new_id("prod_"), clock.now(), name, **known))
    events.emit("product.created", product)
    return product


def existing(product_id: str, param: str = "product") -> dict[str, Any]:
    """The product that a parameter names; 400 when there is none."""
    try:
        return store.get(product_id)
    except store.Missing:
        raise missing("product", product_id, param, status=400) from None
