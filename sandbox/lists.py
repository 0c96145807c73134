"""Lists in pages, newest first, with cursors."""

from typing import Any

from django.db.models import Q, QuerySet

from .errors import invalid, missing
from .models import Thing
from .store import nested


def list_answer(kind: str, url: str, params: dict[str, Any], *conditions: Q, **where: Any) -> dict[str, Any]:
    """A page of a kind's objects. Reads limit, starting_after, ending_before and created from `params`.

    `where` are equalities on the body as in store.find, and those that are None do not filter, so that
    `customer=params.get("customer")` may be handed on as it is. `conditions` are Q objects on Thing for the rest."""
    things = Thing.objects.filter(*conditions, *_created(params), kind=kind)
    wanted = {path: value for path, value in where.items() if value is not None}
    if wanted:
        things = things.filter(body__contains=nested(wanted))
    return _page(things, kind, url, params)


def _created(params: dict[str, Any]) -> list[Q]:
    created = params.get("created")
    if created is None:
        return []
    if not isinstance(created, dict):
        return [Q(created=int(created))]
    return [Q(**{f"created__{comparison}": int(value)}) for comparison, value in created.items()]


def _page(things: "QuerySet[Thing]", kind: str, url: str, params: dict[str, Any]) -> dict[str, Any]:
    limit = int(params.get("limit", 10))
    if not 1 <= limit <= 100:
        raise invalid("Invalid integer: limit must be between 1 and 100.", "limit")
    # The bound that stands alone is where the index is entered: a page costs the same however far down it is.
    after, before = params.get("starting_after"), params.get("ending_before")
    if after and before:
        raise invalid("Received both starting_after and ending_before. Please pass in only one.")
    if before:
        created, seq = _cursor(before, kind, "ending_before")
        things = things.filter(Q(created__gt=created) | Q(seq__gt=seq), created__gte=created).order_by("created", "seq")
    else:
        things = things.order_by("-created", "-seq")
    if after:
        created, seq = _cursor(after, kind, "starting_after")
        things = things.filter(Q(created__lt=created) | Q(seq__lt=seq), created__lte=created)
    found = list(things.values_list("body", flat=True)[: limit + 1])
    data = found[:limit]
    if before:
        data.reverse()
    return {"object": "list", "data": data, "has_more": len(found) > limit, "url": url}


def _cursor(thing_id: str, kind: str, param: str) -> tuple[int, int]:
    place = Thing.objects.filter(pk=thing_id, kind=kind).values_list("created", "seq").first()
    if place is None:
        raise missing(kind, thing_id, param, status=400)
    return place
