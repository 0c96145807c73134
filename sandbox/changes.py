"""Changing an object and saying so: the new state stored, and an event that carries what it was before."""

import copy
from typing import Any

from . import events, store


def change(thing_id: str, event: str | None = None, /, **new: Any) -> dict[str, Any]:
    """Set top-level fields of an object and emit `event` with `previous_attributes`.

    Without an event the change is silent. When nothing differs, nothing is stored or emitted."""
    before = store.lock(thing_id)
    after = before | copy.deepcopy(new)
    previous = difference(before, after)
    if previous:
        store.put(after)
        if event:
            events.emit(event, after, previous)
    return after


def happened(event: str, thing_id: str) -> dict[str, Any]:
    """Emit an event about the object as it stands, without `previous_attributes`."""
    obj = store.get(thing_id)
    events.emit(event, obj)
    return obj


def difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What `before` held where `after` differs; in maps only the keys that differ, lists whole, absent keys as null."""
    previous: dict[str, Any] = {}
    for key in before.keys() | after.keys():
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        both = isinstance(old, dict) and isinstance(new, dict)
        previous[key] = difference(old, new) if both else copy.deepcopy(old)  # type: ignore[arg-type]
    return previous
