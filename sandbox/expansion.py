"""`expand[]`: references replaced by the objects themselves, when answering."""

from collections.abc import Callable
from typing import Any

from stripe._object_classes import OBJECT_CLASSES

from . import store
from .errors import invalid
from .sdk import object_class

DEEPEST = 4
Resolver = Callable[[dict[str, Any]], dict[str, Any]]
RESOLVERS: dict[tuple[str, str], Resolver] = {}


def expandable(kind: str, field: str) -> Callable[[Resolver], Resolver]:
    """Register what stands in a field that is there only when expanded: `expandable("charge", "refunds")(function)`.

    The function takes the stored object and gives the field's value, in practice a list object."""

    def register(resolver: Resolver) -> Resolver:
        RESOLVERS[kind, field] = resolver
        return resolver

    return register


def expand(answer: dict[str, Any], paths: list[str]) -> dict[str, Any]:
    """Put the objects in the place of their ids along each path, such as `data.latest_invoice.payments`.

    Every step counts as a level, `data` too, so that a list leaves three (github.com/stripe/stripe-java/issues/2011).
    Changes `answer`. One query for each step of a path, however many objects a list has (resolvers apart)."""
    for path in sorted(set(paths), key=len):
        steps = path.split(".")
        if len(steps) > DEEPEST:
            message = f"You cannot expand more than {DEEPEST} levels of a property. Property: {path}"
            raise invalid(message, "expand", "property_expansion_max_depth")
        holders = [answer]
        for step in steps:
            holders = _step(holders, step, path)
    return answer


def _step(holders: list[dict[str, Any]], field: str, path: str) -> list[dict[str, Any]]:
    """Expand one field of each holder and say what now stands in it."""
    for holder in holders:
        resolver = RESOLVERS.get((holder.get("object", ""), field))
        if resolver is not None and not isinstance(holder.get(field), dict):
            holder[field] = resolver(holder)
    if holders and not any(_has(holder, field) for holder in holders):
        message = f"This property cannot be expanded ({field}). You may want to try another one. Property: {path}"
        raise invalid(message, "expand")
    ids = {item for holder in holders for item in _many(holder.get(field)) if isinstance(item, str)}
    found = store.get_many(ids) if ids else {}
    for holder in holders:
        value = holder.get(field)
        if isinstance(value, list):
            holder[field] = [found.get(item, item) if isinstance(item, str) else item for item in value]
        elif isinstance(value, str):
            holder[field] = found.get(value, value)
    return [item for holder in holders for item in _many(holder.get(field)) if isinstance(item, dict)]


def _has(holder: dict[str, Any], field: str) -> bool:
    """Whether it is there, or could be: a refund that did not fail has no `failure_balance_transaction`."""
    kind = holder.get("object")
    return field in holder or (kind in OBJECT_CLASSES and field in object_class(kind).__annotations__)


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
