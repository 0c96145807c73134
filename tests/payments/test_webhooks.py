"""Stripe's door: what is let in, what is not, and that nothing sent to it is ever a 500."""

import hashlib
import hmac
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from django.conf import settings as configured
from django.core.servers.basehttp import ThreadedWSGIServer
from django.db import connection
from django.test import Client
from hypothesis import strategies as st
from pytest_django import Settings

from config.wsgi import application
from payments import inbox, stripe_events
from payments.models import StripeEvent
from tests.conftest import WorldDatabase
from tests.sandbox.conftest import QuietHandler, serve

PATH = "/webhooks/stripe/"


def an_event(**facts: Any) -> dict[str, Any]:
    said = {
        "id": "evt_1", "object": "event", "type": "payment_intent.succeeded", "api_version": "2026-10-28.endive",
        "created": 1_790_000_000, "livemode": False, "pending_webhooks": 1, "request": {"id": None},
        "data": {"object": {"id": "pi_1", "object": "payment_intent", "amount": 500, "metadata": {"note": "Дякую"}}},
    }  # fmt: skip
    return said | facts


def signature(body: bytes, *, secret: str = "", age: int = 0, scheme: str = "v1") -> str:
    stamp = int(time.time()) - age
    key = (secret or configured.STRIPE_WEBHOOK_SECRETS[0]).encode()
    return f"t={stamp},{scheme}={hmac.new(key, b'%d.%b' % (stamp, body), hashlib.sha256).hexdigest()}"


def post(body: bytes, sign: str | None = None) -> int:
    """The status of the answer to a body, well signed unless a signature is given."""
    headers = {"Stripe-Signature": signature(body) if sign is None else sign}
    return Client().post(PATH, body, content_type="application/json", headers=headers).status_code


def encoded(**facts: Any) -> bytes:
    return json.dumps(an_event(**facts)).encode()


def test_signed_event_is_stored_byte_for_byte(db: None) -> None:
    body = json.dumps(an_event(), indent=2, ensure_ascii=False).encode()
    assert post(body) == 200
    row = StripeEvent.objects.get()
    assert bytes(row.body) == body
    assert (row.event_id, row.state, row.aggregate, row.source) == ("evt_1", "pending", "pi_1", "webhook")


def test_duplicate_stores_nothing_and_is_answered_alike(db: None) -> None:
    first, second = encoded(), encoded(data={"object": {"id": "pi_2"}})
    assert [post(first), post(first), post(second)] == [200, 200, 200]
    assert bytes(StripeEvent.objects.get().body) == first


def test_type_nobody_applies_is_stored_and_ignored(db: None) -> None:
    assert post(encoded(type="issuing_card.created")) == 200
    assert "issuing_card.created" not in stripe_events.HANDLED
    assert StripeEvent.objects.get().state == "ignored"
    assert stripe_events.apply_due() == 0


BODY = encoded()
DIGEST = "0" * 64


@pytest.mark.parametrize(
    "header",
    [
        "", "t", "t=", "t=,v1=", "v1=" + DIGEST, "t=now,v1=" + DIGEST, f"t=-1,v1={DIGEST}", "t=" + "9" * 5000 + ",v1=0",
        f"t=0,v1={DIGEST}", "t=1e9,v1=0", "=,=,=", ",,,", "t=\x00,v1=\x00", "x" * 7000,
    ],
)  # fmt: skip
def test_signature_that_is_none_is_refused(db: None, header: str) -> None:
    assert post(BODY, header) == 400
    assert not StripeEvent.objects.exists()


def test_event_without_a_signature_is_refused(db: None) -> None:
    assert Client().post(PATH, BODY, content_type="application/json").status_code == 400
    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({"age": 290}, 200),
        ({"age": 301}, 400),
        ({"age": -290}, 200),
        ({"age": -302}, 400),  # one more than 301: the stamp is whole seconds, rounded down
        ({"age": 10**9}, 400),
        ({"secret": "whsec_of_another_newsroom"}, 400),
        ({"scheme": "v0"}, 400),
        ({"scheme": "v2"}, 400),
    ],
)
def test_signature_must_be_recent_ours_and_of_version_one(db: None, facts: dict[str, Any], status: int) -> None:
    assert post(BODY, signature(BODY, **facts)) == status
    assert StripeEvent.objects.count() == (status == 200)


def test_signature_that_is_not_ascii_is_refused(db: None) -> None:
    for text in ("é", "ї", "٤", "🙂", "\udc80"):
        assert post(BODY, signature(BODY) + text) == 400
        assert post(BODY, signature(BODY).replace("v1=", f"v1={text}")) == 400
    assert not StripeEvent.objects.exists()


def test_both_secrets_are_accepted_while_they_change(db: None, settings: Settings) -> None:
    old = settings.STRIPE_WEBHOOK_SECRETS[0]
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_the_new_one_0123456789", old]
    for number, secret in enumerate(settings.STRIPE_WEBHOOK_SECRETS):
        body = encoded(id=f"evt_{number}")
        assert post(body, signature(body, secret=secret)) == 200
    assert StripeEvent.objects.count() == 2
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_the_new_one_0123456789"]
    assert post(encoded(id="evt_3"), signature(encoded(id="evt_3"), secret=old)) == 400


def test_one_good_signature_among_several_is_enough(db: None) -> None:
    stamp, good = signature(BODY).split(",")
    assert post(BODY, f"{stamp},v1={DIGEST},{good},v0={DIGEST}") == 200


def test_body_that_was_spaced_anew_is_refused(db: None) -> None:
    for changed in (
        json.dumps(an_event(), indent=1).encode(),
        BODY + b"\n",
        b" " + BODY,
        BODY[:-1],
        b"\xef\xbb\xbf" + BODY,
    ):
        assert post(changed, signature(BODY)) == 400
    assert not StripeEvent.objects.exists()


def test_event_of_the_other_mode_is_refused(db: None, settings: Settings) -> None:
    assert post(encoded(livemode=True)) == 400
    assert not StripeEvent.objects.exists()
    settings.STRIPE_LIVE = True
    assert [post(encoded(livemode=False)), post(encoded(livemode=True))] == [400, 200]


NO_EVENTS = {
    "nothing": b" ",
    "no JSON": b"{",
    "not UTF-8": b'{"id": "\xff"}',
    "UTF-16": json.dumps(an_event()).encode("utf-16"),
    "a list": b"[]",
    "null": b"null",
    "a number": b"7",
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"data":' * 20_000 + b"1" + b"}" * 20_000,
    "deep inside": encoded().replace(b"500", b"[" * 100_000 + b"]" * 100_000),
    "no data": encoded(data=None),
    "empty data": encoded(data={}),
    "a list of data": encoded(data=[]),
    "an id for the object": encoded(data={"object": "pi_1"}),
    "a list for the object": encoded(data={"object": [{}]}),
    "a text for the parent": encoded(type="invoice.paid", data={"object": {"id": "in_1", "parent": "sub_1"}}),
    "a number for the id": encoded(id=7),
    "an object for the id": encoded(id={"id": "evt_1"}),
    "an empty id": encoded(id=""),
    "a NUL in the id": encoded(id="evt_\x00"),
    "half a character in the id": encoded(id="evt_\ud800"),
    "a line end in the id": encoded(id="evt_1\n"),
    "a long id": encoded(id="e" * 256),
    "a number for the type": encoded(type=1),
    "a NUL in the type": encoded(type="charge.\x00"),
    "half a character in the type": encoded(type="charge.\udfff"),
    "a long type": encoded(type="t" * 101),
    "a list for the version": encoded(api_version=["2026"]),
    "a far time": encoded(created=10**30),
    "a time in milliseconds": encoded(created=1_790_000_000_000),
    "a time before all": encoded(created=-(10**15)),
    "no time": encoded(created=None),
    "no number for the time": encoded(created=float("nan")),
    "an endless time": encoded(created=float("inf")),
    "a time of many digits": encoded(created="9" * 5000),
    "no livemode": json.dumps({name: said for name, said in an_event().items() if name != "livemode"}).encode(),
}


@pytest.mark.parametrize("body", NO_EVENTS.values(), ids=NO_EVENTS)
def test_what_is_no_event_is_refused_though_it_is_signed(db: None, body: bytes) -> None:
    assert post(body) == 400
    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize("strange", ["pi_\x00", "pi_\ud800", "p" * 256, "", 7, None, [], {"id": []}])
def test_strange_ids_of_objects_are_not_taken_over(db: None, strange: object) -> None:
    for number, kind in enumerate(("charge.updated", "refund.updated", "invoice.paid", "customer.updated")):
        thing = {"id": strange, "payment_intent": strange, "charge": strange, "customer": strange}
        assert post(encoded(id=f"evt_{number}", type=kind, data={"object": thing})) == 200
    assert set(StripeEvent.objects.values_list("aggregate", "object_id")) == {("", "")}


def test_body_larger_than_any_event_is_refused_unread(db: None) -> None:
    assert post(encoded(padding="x" * 5_000_000)) == 413
    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_only_posts_are_answered(db: None, method: str) -> None:
    answer = getattr(Client(), method)(PATH, headers={"stripe-signature": signature(b"")})
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


# What may stand anywhere in JSON, with the texts that databases and parsers stumble over.
ODD = st.sampled_from(["\x00", "\ud800", "9" * 400, "sub_1", "look:x:y:1", "t", "-1", "NaN", "{}", "ї" * 300])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | ODD | st.text(max_size=20)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | ODD, inner, max_size=3),
    max_leaves=8,
)
PLACES = [
    ("id",), ("type",), ("api_version",), ("created",), ("livemode",), ("data",), ("data", "object"),
    *(("data", "object", name) for name in ("id", "payment_intent", "charge", "customer", "parent", "metadata")),
    ("data", "object", "parent", "subscription_details"),
    ("data", "object", "parent", "subscription_details", "subscription"),
]  # fmt: skip


def put(event: dict[str, Any], place: tuple[str, ...], value: object) -> None:
    """Sets a place inside an event, as far as the way there still leads through objects."""
    inside: Any = event
    for step in place[:-1]:
        inside = inside.setdefault(step, {}) if isinstance(inside, dict) else None
    if isinstance(inside, dict):
        inside[place[-1]] = value


@hypothesis.settings(
    max_examples=300, deadline=None, derandomize=True, database=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.too_slow],
)  # fmt: skip
@hypothesis.given(
    kind=st.sampled_from([*stripe_events.HANDLED, "radar.early_fraud_warning.created"]),
    changes=st.lists(st.tuples(st.sampled_from(PLACES), ANYTHING), min_size=1, max_size=4),
)
def test_no_signed_event_however_it_is_bent_is_a_500(
    db: None, kind: str, changes: list[tuple[tuple[str, ...], object]]
) -> None:
    event = an_event(type=kind)
    for place, value in changes:
        put(event, place, value)
    before = StripeEvent.objects.count()
    status = post(json.dumps(event).encode())
    assert status in {200, 400}
    assert StripeEvent.objects.count() - before in ({0, 1} if status == 200 else {0})


@pytest.fixture
def door(world_db: WorldDatabase) -> Iterator[str]:
    """The host and port at which the product is served."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietHandler)
    server.set_app(application)
    for _ in serve(server):
        yield f"127.0.0.1:{server.server_port}"


@pytest.mark.parametrize("length", ["", "Content-Length: -1\r\n", "Transfer-Encoding: chunked\r\n"])
def test_body_that_does_not_say_how_long_it_is_is_refused(door: str, length: str) -> None:
    host, port = door.split(":")
    signed = f"Stripe-Signature: {signature(b'')}\r\n"
    head = f"POST {PATH} HTTP/1.1\r\nHost: {door}\r\n{signed}{length}Connection: close\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=30) as line:
        line.sendall(head.encode())
        answer = line.recv(100)
    assert answer.split()[1] in {b"400", b"411", b"413"}, answer
    assert not StripeEvent.objects.exists()


def deliver_at_once(door: str, body: bytes, times: int) -> list[int]:
    """The statuses of that many deliveries of one event, each on a connection of its own that stands ready."""
    ready = threading.Barrier(times)
    statuses: list[int] = []

    def deliver() -> None:
        line = http.client.HTTPConnection(door, timeout=60)
        line.connect()
        ready.wait()
        line.request("POST", PATH, body, {"Content-Type": "application/json", "Stripe-Signature": signature(body)})
        statuses.append(line.getresponse().status)
        line.close()

    threads = [threading.Thread(target=deliver) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


@pytest.mark.database
@pytest.mark.parametrize("protected", [True, False])
def test_eight_deliveries_of_one_event_at_once_make_one_row(
    door: str, monkeypatch: pytest.MonkeyPatch, *, protected: bool
) -> None:
    """The control looks first whether the event is there and inserts it then, with nothing unique about its id."""
    if not protected:
        forget_that_ids_are_unique(monkeypatch)
    events = 12
    for number in range(events):
        statuses = deliver_at_once(door, encoded(id=f"evt_{number}"), 8)
        assert statuses == [200] * 8
    rows = StripeEvent.objects.count()
    assert rows == events if protected else rows > events


def forget_that_ids_are_unique(monkeypatch: pytest.MonkeyPatch) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = 'payments_stripeevent'::regclass AND contype = 'u'"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'ALTER TABLE payments_stripeevent DROP CONSTRAINT "{name}"')

    def store_naively(incoming: inbox.Incoming, body: bytes, source: str = "webhook", state: str = "pending") -> bool:
        if StripeEvent.objects.filter(event_id=incoming.event_id).exists():
            return False
        facts = {name: getattr(incoming, name) for name in incoming.__slots__}
        StripeEvent.objects.create(body=body, source=source, state=state, **facts)
        return True

    monkeypatch.setattr(inbox, "store", store_naively)
