"""Long lists, a page at a time and never counted. A page costs the same however far down it is."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from django.db.models import Q, QuerySet


def onward(
    rows: "QuerySet[Any]", by: str, after: int | None, size: int, parts: Sequence[Q] = (Q(),)
) -> tuple[list[Any], int | None]:
    """At most `size` rows, and the number of the last of them if there are others behind it.

    In the order of `by`, falling if it begins with a minus, and of numbers where that is equal. They begin behind the
    row whose number is `after`; if there is none, or it is not among them, at the beginning. Rows in `parts` that do
    not overlap are read part by part, each by an index of its own.
    """
    name, sign, beyond = by.lstrip("-"), "-" if by.startswith("-") else "", "lt" if by.startswith("-") else "gt"
    rows = rows.order_by(by, f"{sign}pk")
    last = rows.filter(pk=after).values_list(name, flat=True).first() if after else None
    if last is not None:
        # The bound that stands alone is where an index is entered.
        behind = Q(**{f"{name}__{beyond}": last}) | Q(**{f"pk__{beyond}": after})
        rows = rows.filter(behind, **{f"{name}__{beyond}e": last})
    found = (row for part in parts for row in rows.filter(part)[: size + 1])
    place = attrgetter(name.replace("__", "."), "pk")
    return cut(sorted(found, key=place, reverse=bool(sign))[: size + 1], "pk", size)


def onward_by(rows: "QuerySet[Any]", key: str, after: int | None, size: int) -> tuple[list[Any], int | None]:
    """The same by a number that a row has once, and that stays when the rows are made anew."""
    return cut(list(rows.filter(**{f"{key}__gt": after or 0}).order_by(key)[: size + 1]), key, size)


def cut(found: list[Any], key: str, size: int) -> tuple[list[Any], int | None]:
    """The first `size` of them, and the key of the last of these if there is one more."""
    return found[:size], getattr(found[size - 1], key) if len(found) > size else None
