"""Test clocks. There is one clock for everything here, the product's included: advancing any test clock moves it."""

from typing import Any

from django.db import transaction

from sandbox import clock, events, store
from sandbox.errors import ApiError, invalid
from sandbox.wire import endpoint, list_answer

KIND = "test_helpers.test_clock"
SECONDS_KEPT = 30 * 24 * 3600


@endpoint("POST", "/v1/test_helpers/test_clocks", params="test_helpers.TestClockCreateParams")
def create(params: dict[str, Any]) -> dict[str, Any]:
    """A test clock that shows the one clock's time; a later `frozen_time` moves that clock, an earlier one does not."""
    now = clock.now()
    made = {
        "id": store.new_id("clock_"),
        "object": KIND,
        "created": now,
        "deletes_after": now + SECONDS_KEPT,
        "frozen_time": max(now, params["frozen_time"]),
        "livemode": False,
        "name": params.get("name"),
        "status": "ready",
        "status_details": {},
    }
    store.put(made)
    if params["frozen_time"] > now:
        return _advance(made, params["frozen_time"])
    return made


@endpoint("GET", "/v1/test_helpers/test_clocks", params="test_helpers.TestClockListParams")
def list_clocks(params: dict[str, Any]) -> dict[str, Any]:
    """All of them, in pages."""
    return list_answer(KIND, "/v1/test_helpers/test_clocks", params)


@endpoint("GET", "/v1/test_helpers/test_clocks/{test_clock}", params="test_helpers.TestClockRetrieveParams")
def retrieve(_params: dict[str, Any], test_clock: str) -> dict[str, Any]:
    """One of them; `ready` again once everything due on the way has happened."""
    found = store.get(test_clock)
    if found["object"] != KIND:
        raise store.Missing(test_clock)
    return found


@endpoint("DELETE", "/v1/test_helpers/test_clocks/{test_clock}", params="test_helpers.TestClockDeleteParams")
def delete(_params: dict[str, Any], test_clock: str) -> dict[str, Any]:
    """It is gone; its customers stay, since the clock they live by is everybody's."""
    retrieve({}, test_clock)
    store.delete(test_clock)
    return {"id": test_clock, "object": KIND, "deleted": True}


@endpoint("POST", "/v1/test_helpers/test_clocks/{test_clock}/advance", params="test_helpers.TestClockAdvanceParams")
def advance(params: dict[str, Any], test_clock: str) -> dict[str, Any]:
    """Answers with status `advancing`; the clock is moved once that is committed, and the test clock is ready then."""
    found = store.lock(retrieve({}, test_clock)["id"])
    if found["status"] != "ready":
        raise ApiError(429, "invalid_request_error", "The test clock is advancing.", code="test_clock_advancing")
    if params["frozen_time"] <= clock.now():
        raise invalid("The new frozen_time must be after the present one: a clock moves forward only.", "frozen_time")
    return _advance(found, params["frozen_time"])


def _advance(test_clock: dict[str, Any], to: int) -> dict[str, Any]:
    test_clock |= {"status": "advancing", "status_details": {"advancing": {"target_frozen_time": to}}}
    store.put(test_clock)
    events.emit("test_helpers.test_clock.advancing", test_clock)
    transaction.on_commit(lambda: _move(test_clock["id"], to))
    return test_clock


def _move(test_clock_id: str, to: int) -> None:
    """Move the clock, which takes transactions of its own, then say that the test clock is ready."""
    clock.move(to)
    with transaction.atomic():
        ready = store.lock(test_clock_id) | {"status": "ready", "status_details": {}, "frozen_time": to}
        store.put(ready)
        events.emit("test_helpers.test_clock.ready", ready)
