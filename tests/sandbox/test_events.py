"""Events and their delivery: signed, ordered or not, once or twice, until the endpoint has them."""

import json
from typing import Any

import pytest
import stripe
from django.db import transaction

from sandbox import clock, delivery, events, store, timers
from sandbox.models import Delivery, Endpoint, Timer
from tests.sandbox.conftest import Receiver, Sandbox

SECRET = "whsec_of_this_test"


def listen(receiver: Receiver, *types: str) -> None:
    """Let the receiver hear of events of these types, of all where none is named."""
    Endpoint.objects.create(
        id=store.new_id("we_"), url=receiver.url, secret=SECRET, enabled_events=list(types) or ["*"]
    )


def happen(*types: str) -> list[str]:
    """Emit an event of each type in one transaction, and give their ids."""
    with transaction.atomic():
        return [events.emit(t, {"id": f"obj_{n}", "object": "thing", "n": n})["id"] for n, t in enumerate(types)]


def heard(receiver: Receiver) -> list[str]:
    return [json.loads(body)["id"] for body, _ in receiver.got]


def test_a_delivery_is_signed_as_the_sdk_checks_it(sandbox: Sandbox, receiver: Receiver) -> None:
    made = sandbox.client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
    happen("a.b")
    sandbox.post("tick")
    [(body, signature)] = receiver.got
    assert made.secret is not None
    assert stripe.WebhookSignature.verify_header(body.decode(), signature, made.secret, 300)
    event = stripe.Webhook.construct_event(body, signature, made.secret)
    assert (event.type, event.api_version, event.livemode) == ("a.b", "2026-10-28.endive", False)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body + b" ", signature, made.secret)


def test_an_endpoint_hears_only_what_it_is_enabled_for(sandbox: Sandbox, receiver: Receiver) -> None:
    listen(receiver, "a.wanted")
    wanted, unwanted = happen("a.wanted", "b.unwanted")
    sandbox.post("tick")
    assert heard(receiver) == [wanted]
    assert sandbox.client.v1.events.retrieve(unwanted).pending_webhooks == 0


def test_an_event_that_is_rolled_back_is_never_told(sandbox: Sandbox, receiver: Receiver) -> None:
    listen(receiver)
    with transaction.atomic():
        events.emit("a.b", {"id": "x", "object": "thing"})
        transaction.set_rollback(True)
    assert sandbox.post("tick")["deliveries_tried"] == 0
    assert receiver.got == []


@pytest.mark.usefixtures("world_db")
def test_the_object_in_an_event_is_as_it_was_then() -> None:
    obj: dict[str, Any] = {"id": "x", "object": "thing", "deep": {"n": 1}}
    with transaction.atomic():
        event = events.emit("a.b", obj, {"deep": {"n": 0}})
        obj["deep"]["n"] = 2
        store.put(obj)
    assert event["data"] == {
        "object": {"id": "x", "object": "thing", "deep": {"n": 1}},
        "previous_attributes": {"deep": {"n": 0}},
    }
    assert store.get(event["id"]) == event


def test_pending_webhooks_falls_as_deliveries_succeed(sandbox: Sandbox, receiver: Receiver) -> None:
    listen(receiver)
    [event_id] = happen("a.b")
    assert sandbox.client.v1.events.retrieve(event_id).pending_webhooks == 1
    assert [e.id for e in sandbox.client.v1.events.list({"delivery_success": False}).data] == [event_id]
    sandbox.post("tick")
    assert sandbox.client.v1.events.retrieve(event_id).pending_webhooks == 0
    assert sandbox.client.v1.events.list({"delivery_success": False}).data == []
    assert [e.id for e in sandbox.client.v1.events.list({"delivery_success": True}).data] == [event_id]


@pytest.mark.parametrize("status", [500, 404, 301, 400])
def test_a_delivery_is_tried_again_with_growing_pauses_until_it_is_taken(
    sandbox: Sandbox, receiver: Receiver, status: int
) -> None:
    listen(receiver)
    [event_id] = happen("a.b")
    receiver.status = status
    pauses = []
    for attempt in range(1, 5):
        state = sandbox.post("tick")
        assert state["deliveries_tried"] == 1
        assert len(receiver.got) == attempt
        pauses.append(state["next_delivery"] - state["now"])
        sandbox.post("clock", to=state["next_delivery"])
    assert pauses == pytest.approx([2, 8, 32, 128], abs=1)
    receiver.status = 200
    sandbox.post("tick")
    assert Delivery.objects.get(event_id=event_id).state == Delivery.State.DELIVERED
    sandbox.post("clock", advance=7 * 24 * 3600)
    assert sandbox.post("tick")["deliveries_tried"] == 0


def test_a_delivery_fails_for_good_after_about_three_days(sandbox: Sandbox, receiver: Receiver) -> None:
    listen(receiver)
    happen("a.b")
    receiver.status = 503
    begin = clock.now()
    while (state := sandbox.post("tick"))["next_delivery"]:
        sandbox.post("clock", to=state["next_delivery"])
    assert len(receiver.got) == delivery.MOST_ATTEMPTS
    assert 2 * 24 * 3600 < clock.now() - begin < 3 * 24 * 3600
    assert Delivery.objects.get().state == Delivery.State.FAILED


def test_when_nobody_answers_the_rest_waits(sandbox: Sandbox) -> None:
    away = Receiver("http://127.0.0.1:9/")
    listen(away)
    happen("a.b", "c.d", "e.f")
    assert sandbox.post("tick")["deliveries_tried"] == 1
    tried = Delivery.objects.get(attempts=1)
    assert "ConnectionRefusedError" in tried.last_error
    assert Delivery.objects.filter(attempts=0, state="pending").count() == 2


def test_one_connection_serves_many_deliveries(sandbox: Sandbox, receiver: Receiver) -> None:
    listen(receiver)
    happen(*["a.b"] * 50)
    assert delivery.deliver_due() == 50
    assert len(receiver.connections) == 1


def test_an_event_is_told_again_on_demand(sandbox: Sandbox, receiver: Receiver) -> None:
    listen(receiver)
    [event_id] = happen("a.b")
    sandbox.post("tick")
    sandbox.post(f"events/{event_id}/resend", times=2)
    sandbox.post("tick")
    assert heard(receiver) == [event_id] * 3
    assert len({body for body, _ in receiver.got}) == 1


@pytest.mark.parametrize("switch", ["duplicate", "drop", "delay"])
def test_chaos_duplicates_drops_and_delays(sandbox: Sandbox, receiver: Receiver, switch: str) -> None:
    listen(receiver)
    sandbox.post("chaos", **{switch: 1, "delay_seconds": 60})
    made = happen("a.b", "c.d")
    state = sandbox.post("tick")
    at_once = {"duplicate": [made[0], made[0], made[1], made[1]], "drop": [], "delay": []}
    assert heard(receiver) == at_once[switch]
    assert state["deliveries_waiting"] == (2 if switch == "delay" else 0)
    sandbox.post("clock", advance=61)
    sandbox.post("tick")
    assert heard(receiver) == (made if switch == "delay" else at_once[switch])
    assert len(sandbox.client.v1.events.list().data) == 2


def test_chaos_shuffles_and_loses_nothing(sandbox: Sandbox, receiver: Receiver) -> None:
    listen(receiver)
    sandbox.post("chaos", shuffle=0.5, seed=7)
    made = happen(*["a.b"] * 60)
    sandbox.post("tick")
    assert heard(receiver) != made
    assert sorted(heard(receiver)) == sorted(made)


def test_without_chaos_deliveries_go_in_order(sandbox: Sandbox, receiver: Receiver) -> None:
    listen(receiver)
    made = happen(*["a.b"] * 60)
    sandbox.post("tick")
    assert heard(receiver) == made


def test_a_probability_above_one_is_refused(sandbox: Sandbox) -> None:
    answer = sandbox.call("POST", "/sandbox/chaos", json={"drop": 1.5}, headers={"Accept": "application/json"})
    assert answer.status_code == 400


def test_events_are_listed_by_type_and_for_thirty_days(sandbox: Sandbox) -> None:
    first, second, third = happen("invoice.paid", "invoice.voided", "charge.failed")
    listing = sandbox.client.v1.events.list
    assert [e.id for e in listing({"types": ["charge.failed", "invoice.paid"]}).data] == [third, first]
    assert [e.id for e in listing({"type": "invoice.*"}).data] == [second, first]
    assert [e.id for e in listing({"type": "invoice.paid"}).data] == [first]
    with pytest.raises(stripe.InvalidRequestError):
        listing({"types": ["x"] * 21})
    sandbox.post("clock", advance=30 * 24 * 3600 + 60)
    assert listing().data == []
    with pytest.raises(stripe.InvalidRequestError):
        sandbox.client.v1.events.retrieve(first)


def test_a_deleted_endpoint_hears_nothing_more(sandbox: Sandbox, receiver: Receiver) -> None:
    made = sandbox.client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
    happen("a.b")
    assert sandbox.client.v1.webhook_endpoints.delete(made.id).deleted
    sandbox.post("tick")
    assert receiver.got == []
    assert sandbox.client.v1.webhook_endpoints.list().data == []


# -- timers and the clock --------------------------------------------------------------------------------------------


def test_the_clock_stops_at_every_timer_on_the_way(sandbox: Sandbox) -> None:
    seen: list[tuple[str, int]] = []
    begin = clock.now()

    @timers.verb("test.note")
    def note(name: str) -> None:
        seen.append((name, clock.now() - begin))
        if name == "first":
            timers.at(begin + 200, "test.note", name="born on the way")

    timers.at(begin + 300, "test.note", name="last")
    timers.at(begin + 100, "test.note", name="first")
    timers.at(begin + 5000, "test.note", name="not yet")
    state = sandbox.post("clock", advance=1000)
    assert [name for name, _ in seen] == ["first", "born on the way", "last"]
    assert [second for _, second in seen] == pytest.approx([100, 200, 300], abs=1)
    assert state["now"] - begin == pytest.approx(1000, abs=2)
    assert Timer.objects.get().kwargs == {"name": "not yet"}


def test_the_clock_does_not_go_back(sandbox: Sandbox) -> None:
    answer = sandbox.call(
        "POST", "/sandbox/clock", json={"to": clock.now() - 60}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 400


def test_a_timer_that_fails_leaves_nothing_and_does_not_hold_up_the_others(sandbox: Sandbox) -> None:
    @timers.verb("test.fails")
    def fails() -> None:
        store.put({"id": "half", "object": "thing"})
        raise ValueError("no luck")

    @timers.verb("test.works")
    def works() -> None:
        store.put({"id": "whole", "object": "thing"})

    timers.at(0, "test.fails")
    timers.at(1, "test.works")
    state = sandbox.post("tick")
    assert (state["timers_run"], state["timers_failed"]) == (2, 1)
    assert store.get("whole")
    with pytest.raises(store.Missing):
        store.get("half")
    assert "no luck" in Timer.objects.get().error


def test_a_test_clock_moves_the_one_clock_and_says_so(sandbox: Sandbox, receiver: Receiver) -> None:
    listen(receiver)
    begin = clock.now()
    made = sandbox.client.v1.test_helpers.test_clocks.create({"frozen_time": begin})
    assert made.status == "ready"
    advancing = sandbox.client.v1.test_helpers.test_clocks.advance(made.id, {"frozen_time": begin + 5000})
    assert advancing.status == "advancing"
    ready = sandbox.client.v1.test_helpers.test_clocks.retrieve(made.id)
    assert (ready.status, ready.frozen_time) == ("ready", begin + 5000)
    assert clock.now() >= begin + 5000
    sandbox.post("tick")
    assert [json.loads(body)["type"].rpartition(".")[2] for body, _ in receiver.got] == ["advancing", "ready"]
    with pytest.raises(stripe.InvalidRequestError):
        sandbox.client.v1.test_helpers.test_clocks.advance(made.id, {"frozen_time": begin})
