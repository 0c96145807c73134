"""Reading a call's parameters: plain fields, metadata, and what this stand-in does not imitate."""

from typing import Any

from . import store
from .errors import invalid


def existing(kind: str, thing_id: str) -> dict[str, Any]:
    """The object that an address names; 404 when there is none of that kind."""
    found = store.get(thing_id)
    if found["object"] != kind:
        raise store.Missing(thing_id)
    return found


def given(params: dict[str, Any], *names: str) -> dict[str, Any]:
    """Those of the parameters that are there, as fields; an empty string clears."""
    return {name: None if params[name] == "" else params[name] for name in names if name in params}


def metadata(params: dict[str, Any], old: dict[str, str] | None = None) -> dict[str, dict[str, str]]:
    """The field `metadata` after the call: keys merged, empty values removed, all of it cleared by an empty string."""
    if "metadata" not in params:
        return {} if old is not None else {"metadata": {}}
    new = params["metadata"] or {}
    merged = ({} if params["metadata"] == "" else old or {}) | new
    return {"metadata": {key: value for key, value in merged.items() if value != ""}}


def refuse(params: dict[str, Any], *names: str) -> None:
    """Say so where Stripe knows a parameter but this stand-in does not imitate it, rather than ignore it."""
    for name in names:
        if params.get(name) not in (None, "", False, [], {}):
            raise invalid(f"The sandbox does not imitate `{name}`.", name)


def one_of(params: dict[str, Any], *names: str) -> None:
    """Refuse two parameters that exclude one another."""
    if sum(name in params for name in names) > 1:
        raise invalid(f"You may only specify one of these parameters: {', '.join(names)}.", names[-1])
