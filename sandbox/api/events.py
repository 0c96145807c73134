"""Events by API: the last 30 days of them."""

from typing import Any

from django.db.models import Exists, OuterRef, Q

from sandbox import clock, store
from sandbox.errors import invalid
from sandbox.events import DAYS_KEPT
from sandbox.models import Delivery
from sandbox.wire import endpoint, list_answer

MOST_TYPES = 20


@endpoint("GET", "/v1/events", params="EventListParams")
def list_events(params: dict[str, Any]) -> dict[str, Any]:
    """Newest first; `types` (at most 20), `type` (may end in `.*`), `created`, `delivery_success`."""
    conditions = [Q(created__gte=clock.now() - DAYS_KEPT * 24 * 3600)]
    if "type" in params and "types" in params:
        raise invalid("You may only specify one of these parameters: type, types.", "type")
    if "types" in params:
        if len(params["types"]) > MOST_TYPES:
            raise invalid(f"You can pass up to {MOST_TYPES} types.", "types")
        conditions.append(Q(body__type__in=params["types"]))
    if "type" in params:
        wanted = params["type"]
        is_family = wanted.endswith("*")
        conditions.append(Q(body__type__startswith=wanted[:-1]) if is_family else Q(body__type=wanted))
    if "delivery_success" in params:
        undelivered = Exists(Delivery.objects.filter(event_id=OuterRef("pk")).exclude(state=Delivery.State.DELIVERED))
        conditions.append(Q(~undelivered) if params["delivery_success"] else Q(undelivered))
    page = list_answer("event", "/v1/events", params, *conditions)
    _count_pending(page["data"])
    return page


@endpoint("GET", "/v1/events/{event}", params="EventRetrieveParams")
def retrieve(_params: dict[str, Any], event: str) -> dict[str, Any]:
    """One event, for 30 days."""
    found = store.get(event)
    if found["object"] != "event" or found["created"] < clock.now() - DAYS_KEPT * 24 * 3600:
        raise store.Missing(event)
    _count_pending([found])
    return found


def _count_pending(events: list[dict[str, Any]]) -> None:
    """Say in each event how many deliveries are still to succeed."""
    pending: dict[str, int] = dict.fromkeys([event["id"] for event in events], 0)
    waiting = Delivery.objects.filter(event_id__in=pending).exclude(state=Delivery.State.DELIVERED)
    for event_id in waiting.values_list("event_id", flat=True):
        pending[event_id] += 1
    for event in events:
        event["pending_webhooks"] = pending[event["id"]]
