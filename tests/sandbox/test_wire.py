"""The wire: forms, refusals, idempotency, lists and expansion, as a Stripe client meets them."""

import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import stripe
from django.db import connection, reset_queries, transaction
from django.test.utils import CaptureQueriesContext

from sandbox import clock, events, expansion, forms, store, wire
from sandbox.errors import ApiError
from sandbox.models import Config, Thing
from tests.sandbox.conftest import Sandbox

ENDPOINT = {"url": "http://127.0.0.1:9/hook", "enabled_events": ["*"]}


@pytest.fixture
def slow_door() -> Iterator[threading.Event]:
    """An endpoint of the test's own, POST /v1/slow, that makes an object only once the event is set."""
    opened = threading.Event()

    def handler(params: dict[str, Any]) -> dict[str, Any]:
        assert opened.wait(60)
        return store.put({"id": store.new_id("slow_"), "object": "slow", "url": params["url"]})

    wire.endpoint("POST", "/v1/slow", params="WebhookEndpointCreateParams")(handler)
    yield opened
    wire.ROUTES["POST"] = [route for route in wire.ROUTES["POST"] if route.handler is not handler]


@pytest.fixture
def declining_door() -> Iterator[None]:
    """POST /v1/declined writes a trace and then raises the error whose status the metadata names."""

    def handler(params: dict[str, Any]) -> dict[str, Any]:
        store.put({"id": "trace_1", "object": "trace"})
        status = int(params["metadata"]["status"])
        raise ApiError(status, "card_error", "Your card was declined.", "card_declined", "generic_decline", "card")

    wire.endpoint("POST", "/v1/declined", params="CustomerCreateParams")(handler)
    yield
    wire.ROUTES["POST"] = [route for route in wire.ROUTES["POST"] if route.handler is not handler]


def refused(call: Any) -> Any:
    """The error with which a call of the SDK is refused."""
    with pytest.raises(stripe.StripeError) as caught:
        call()
    return caught.value


def things(kind: str, count: int, created: int = 1000) -> list[str]:
    """Objects of a kind, three to a second, in the order of their making."""
    with transaction.atomic():
        return [
            store.put({"id": f"{kind}_{n:03}", "object": kind, "created": created + n // 3})["id"] for n in range(count)
        ]


# -- forms -----------------------------------------------------------------------------------------------------------


def test_nested_and_indexed_parameters_become_a_tree() -> None:
    body = (
        b"line_items[0][price_data][recurring][interval]=month&line_items[0][price_data][unit_amount]=500"
        b"&line_items[0][price_data][currency]=eur"
        b"&line_items[1][quantity]=2&mode=subscription&metadata[0]=zero&metadata[k]=&expand[]=a&expand[]=b"
        b"&consent_collection[promotions]=auto&phone_number_collection[enabled]=true"
    )
    typed = forms.typed(forms.parse(body), "checkout.SessionCreateParams")
    assert (
        typed
        == {
            "line_items": [
                {"price_data": {"recurring": {"interval": "month"}, "unit_amount": 500, "currency": "eur"}},
                {"quantity": 2},
            ],
            "mode": "subscription",
            "metadata": {"0": "zero", "k": ""},
            "expand": ["a", "b"],
            "consent_collection": {"promotions": "auto"},
            "phone_number_collection": {"enabled": True},
        }
        or typed
    )


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ("amont=5", "amont", "parameter_unknown"),
        ("address[planet]=Mars", "address[planet]", "parameter_unknown"),
        ("address[line1][deep]=x", "address[line1]", None),
        ("balance=1.5", "balance", "parameter_invalid_integer"),
        ("balance=%D9%A3", "balance", "parameter_invalid_integer"),
        ("balance=NaN", "balance", "parameter_invalid_integer"),
        ("balance=", "balance", "parameter_invalid_empty"),
        ("tax[validate_location]=perhaps", "tax[validate_location]", None),
        ("metadata[k][deep]=x", "metadata[k]", None),
        (f"metadata[{'k' * 41}]=x", f"metadata[{'k' * 41}]", None),
        (f"metadata[k]={'v' * 501}", "metadata[k]", None),
        ("preferred_locales[x]=en", "preferred_locales", None),
        ("expand=x", "expand", None),
        ("a]b=1", "a]b", "parameter_unknown"),
        ("name=x%00y", "name", None),
        ("name=%FF%FE", None, None),
        ("name=%ED%A0%80", None, None),
        ("api_key=sk_test_1", "api_key", "parameter_unknown"),
        ("name=x&name[y]=z", "name[y]", None),
        ("&".join(f"metadata[k{n}]=x" for n in range(51)), "metadata", None),
        ("&".join(f"x{n}=x" for n in range(2100)), None, None),
    ],
)
def test_bad_parameters_are_refused_by_name(body: str, param: str | None, code: str | None) -> None:
    with pytest.raises(ApiError) as caught:
        forms.typed(forms.parse(body.encode()), "CustomerCreateParams")
    assert (caught.value.status, caught.value.body.get("param"), caught.value.body.get("code")) == (400, param, code)


def test_an_empty_value_passes_where_stripe_takes_it_for_clear() -> None:
    assert forms.typed(forms.parse(b"metadata=&address="), "CustomerModifyParams") == {"metadata": "", "address": ""}


def test_a_required_parameter_that_is_missing_is_named(sandbox: Sandbox) -> None:
    error = refused(lambda: sandbox.client.v1.webhook_endpoints.create({"url": "http://127.0.0.1:9/"}))
    assert (error.http_status, error.code, error.param) == (400, "parameter_missing", "enabled_events")


def test_an_unknown_parameter_is_refused_over_http(sandbox: Sandbox) -> None:
    error = refused(lambda: sandbox.client.v1.events.list({"colour": "red"}))
    assert isinstance(error, stripe.InvalidRequestError)
    assert (error.http_status, error.code, error.param) == (400, "parameter_unknown", "colour")
    assert error.user_message == "Received unknown parameter: colour"


# -- the envelope ----------------------------------------------------------------------------------------------------


def test_every_answer_has_a_request_id(sandbox: Sandbox) -> None:
    answers = [
        sandbox.call("GET", "/v1/account"),
        sandbox.call("GET", "/v1/nothing"),
        sandbox.call("GET", "/v1/account", key=""),
    ]
    assert [a.status_code for a in answers] == [200, 404, 401]
    ids = [a.headers["Request-Id"] for a in answers]
    assert len(set(ids)) == 3
    assert all(re.fullmatch(r"req_\w{24}", request_id) for request_id in ids)


@pytest.mark.parametrize("key", ["sk_live_123", "rk_live_123", "pk_test_123", "whatever"])
def test_no_key_but_a_secret_test_key_is_taken(sandbox: Sandbox, key: str) -> None:
    answer = sandbox.call("GET", "/v1/account", key=key)
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_what_is_not_there_is_resource_missing(sandbox: Sandbox) -> None:
    error = refused(lambda: sandbox.client.v1.events.retrieve("evt_nothing"))
    assert (error.http_status, error.code, error.param) == (404, "resource_missing", "id")


@pytest.mark.usefixtures("declining_door")
@pytest.mark.parametrize(("status", "trace_stays"), [(402, True), (400, False), (404, False)])
def test_a_declined_call_leaves_its_traces_and_a_refused_one_does_not(
    sandbox: Sandbox, status: int, trace_stays: bool
) -> None:
    for key in (None, "a-key"):
        Thing.objects.filter(pk="trace_1").delete()
        headers = {"Idempotency-Key": key} if key else {}
        answer = sandbox.call("POST", "/v1/declined", data={"metadata[status]": status}, headers=headers)
        assert answer.status_code == status
        assert answer.json()["error"] | {"request_log_url": "", "doc_url": ""} == {
            "type": "card_error",
            "code": "card_declined",
            "decline_code": "generic_decline",
            "message": "Your card was declined.",
            "param": "card",
            "request_log_url": "",
            "doc_url": "",
        }
        assert Thing.objects.filter(pk="trace_1").exists() is trace_stays


@pytest.mark.usefixtures("declining_door")
def test_a_decline_is_replayed_under_its_key(sandbox: Sandbox) -> None:
    call: dict[str, Any] = {"data": {"metadata[status]": 402}, "headers": {"Idempotency-Key": "declined-once"}}
    first = sandbox.call("POST", "/v1/declined", **call)
    Thing.objects.filter(pk="trace_1").delete()
    second = sandbox.call("POST", "/v1/declined", **call)
    assert second.status_code == 402
    assert second.json() == first.json()
    assert not Thing.objects.filter(pk="trace_1").exists()


def test_too_many_calls_are_answered_429(sandbox: Sandbox) -> None:
    sandbox.post("chaos", too_many=1)
    error = refused(sandbox.client.v1.accounts.retrieve_current)
    assert isinstance(error, stripe.RateLimitError)
    sandbox.post("chaos", too_many=0)
    assert sandbox.client.v1.accounts.retrieve_current().object == "account"


# -- idempotency -----------------------------------------------------------------------------------------------------


def test_the_same_key_and_parameters_replay_the_answer(sandbox: Sandbox) -> None:
    made = [
        sandbox.call(
            "POST",
            "/v1/webhook_endpoints",
            data={"url": ENDPOINT["url"], "enabled_events[0]": "*"},
            headers={"Idempotency-Key": "k1"},
        )
        for _ in range(2)
    ]
    assert made[0].json() == made[1].json()
    assert made[1].headers["Idempotent-Replayed"] == "true"
    assert made[1].headers["Original-Request"] == made[0].headers["Request-Id"]
    assert "Idempotent-Replayed" not in made[0].headers
    assert Thing.objects.filter(kind="webhook_endpoint").count() == 1


def test_the_same_key_with_other_parameters_is_an_idempotency_error(sandbox: Sandbox) -> None:
    create = sandbox.client.v1.webhook_endpoints.create
    create({"url": "http://127.0.0.1:9/a", "enabled_events": ["*"]}, {"idempotency_key": "k1"})
    error = refused(lambda: create({"url": "http://127.0.0.1:9/b", "enabled_events": ["*"]}, {"idempotency_key": "k1"}))
    assert isinstance(error, stripe.IdempotencyError)
    assert error.http_status == 400


def test_a_key_is_free_again_after_a_day(sandbox: Sandbox) -> None:
    create = sandbox.client.v1.webhook_endpoints.create
    create({"url": "http://127.0.0.1:9/a", "enabled_events": ["*"]}, {"idempotency_key": "k1"})
    sandbox.post("clock", advance=24 * 3600 + 5)
    assert create({"url": "http://127.0.0.1:9/b", "enabled_events": ["*"]}, {"idempotency_key": "k1"}).url.endswith(
        "/b"
    )


def test_a_key_in_flight_is_refused_and_three_calls_make_one_object(
    sandbox: Sandbox, slow_door: threading.Event
) -> None:
    answers: list[tuple[int, str]] = []

    def call() -> None:
        answer = sandbox.call(
            "POST", "/v1/slow", data={"url": "x", "enabled_events[0]": "*"}, headers={"Idempotency-Key": "one"}
        )
        answers.append((answer.status_code, answer.json().get("id") or answer.json()["error"]["code"]))

    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    # Two of the three are told at once that the third holds the key; only then is it let through.
    while sum(not thread.is_alive() for thread in threads) < 2:
        next(thread for thread in threads if thread.is_alive()).join(0.02)
    slow_door.set()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _ in answers) == [200, 409, 409]
    assert {said for status, said in answers if status == 409} == {"idempotency_key_in_use"}
    call()
    assert answers[-1] in answers[:-1]
    assert Thing.objects.filter(kind="slow").count() == 1


def test_the_sdk_waits_out_a_call_in_flight(sandbox: Sandbox) -> None:
    made: list[str] = []

    def call() -> None:
        client = stripe.StripeClient("sk_test_123", base_addresses={"api": sandbox.url}, max_network_retries=3)
        made.append(
            client.v1.webhook_endpoints.create(
                {"url": "http://127.0.0.1:9/", "enabled_events": ["*"]}, {"idempotency_key": "k"}
            ).id
        )

    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 3
    assert len(set(made)) == 1


def test_a_lost_answer_is_found_again_under_its_key(sandbox: Sandbox) -> None:
    create = sandbox.client.v1.webhook_endpoints.create
    sandbox.post("chaos", lose_answer=1)
    error = refused(lambda: create({"url": "http://127.0.0.1:9/", "enabled_events": ["*"]}, {"idempotency_key": "k"}))
    assert error.http_status == 500
    sandbox.post("chaos", lose_answer=0)
    assert create({"url": "http://127.0.0.1:9/", "enabled_events": ["*"]}, {"idempotency_key": "k"}).id.startswith(
        "we_"
    )
    assert Thing.objects.filter(kind="webhook_endpoint").count() == 1


def test_a_refusal_of_the_parameters_does_not_use_up_the_key(sandbox: Sandbox) -> None:
    headers = {"Idempotency-Key": "k"}
    assert sandbox.call("POST", "/v1/webhook_endpoints", data={"url": "x"}, headers=headers).status_code == 400
    data = {"url": "http://127.0.0.1:9/", "enabled_events[]": "*"}
    assert sandbox.call("POST", "/v1/webhook_endpoints", data=data, headers=headers).status_code == 200


# -- lists -----------------------------------------------------------------------------------------------------------


def page(sandbox: Sandbox, **params: Any) -> list[str]:
    return [event.id for event in sandbox.client.v1.events.list(params).data]


def test_pages_go_forth_and_back_without_gap_or_repeat(sandbox: Sandbox) -> None:
    now = clock.now()
    with transaction.atomic():
        made = [
            store.put({"id": f"evt_{n:03}", "object": "event", "created": now - 40 + n // 3, "type": "x"})["id"]
            for n in range(25)
        ]
    newest_first = made[::-1]
    first = sandbox.client.v1.events.list()
    assert [e.id for e in first.data] == newest_first[:10]
    assert first.has_more
    assert first.url == "/v1/events"
    assert page(sandbox, limit=100) == newest_first
    assert page(sandbox, limit=10, starting_after=newest_first[9]) == newest_first[10:20]
    last = sandbox.client.v1.events.list({"limit": 10, "starting_after": newest_first[19]})
    assert [e.id for e in last.data] == newest_first[20:]
    assert not last.has_more
    assert page(sandbox, limit=10, ending_before=newest_first[20]) == newest_first[10:20]
    assert [e.id for e in first.auto_paging_iter()] == newest_first


@pytest.mark.parametrize(
    "params",
    [
        {"limit": 0},
        {"limit": 101},
        {"starting_after": "evt_x"},
        {"ending_before": "evt_x"},
        {"starting_after": "a", "ending_before": "b"},
    ],
)
def test_a_senseless_page_is_refused(sandbox: Sandbox, params: dict[str, Any]) -> None:
    assert refused(lambda: sandbox.client.v1.events.list(params)).http_status == 400


def test_created_filters_a_list(sandbox: Sandbox) -> None:
    now = clock.now()
    with transaction.atomic():
        for n in range(5):
            store.put({"id": f"evt_{n}", "object": "event", "created": now - n, "type": "x"})
    assert page(sandbox, created={"gte": now - 2}) == ["evt_0", "evt_1", "evt_2"]
    assert page(sandbox, created={"gt": now - 4, "lt": now - 1}) == ["evt_2", "evt_3"]
    assert page(sandbox, created=now - 3) == ["evt_3"]


@pytest.mark.usefixtures("world_db")
def test_equalities_and_conditions_filter_a_list() -> None:
    with transaction.atomic():
        for n in range(6):
            store.put({"id": f"in_{n}", "object": "bill", "created": n, "parent": {"details": {"sub": f"sub_{n % 2}"}}})
    found = wire.list_answer("bill", "/v1/bills", {}, parent__details__sub="sub_1", customer=None)
    assert [bill["id"] for bill in found["data"]] == ["in_5", "in_3", "in_1"]
    assert [bill["id"] for bill in store.find("bill", parent__details__sub="sub_0")] == ["in_4", "in_2", "in_0"]


# -- expansion -------------------------------------------------------------------------------------------------------


@pytest.fixture
def family(world_db: object) -> Iterator[None]:
    """Parents that refer to children, these to toys, and a field that is there only when expanded."""
    with transaction.atomic():
        for n in range(20):
            store.put(
                {
                    "id": f"par_{n}",
                    "object": "parent",
                    "child": f"chi_{n}",
                    "gone": None,
                    "friends": [f"chi_{n}", "chi_0"],
                }
            )
            store.put({"id": f"chi_{n}", "object": "child", "toy": {"kind": "ball", "maker": "mak_1"}})
        store.put({"id": "mak_1", "object": "maker", "country": "UA"})
    expansion.expandable("parent", "pets")(lambda parent: {"object": "list", "data": [{"owner": parent["child"]}]})
    yield
    del expansion.RESOLVERS["parent", "pets"]


@pytest.mark.usefixtures("family")
def test_references_are_replaced_at_every_depth() -> None:
    got = expansion.expand(store.get("par_1"), ["child.toy.maker", "gone.deeper", "friends", "pets.data.owner"])
    assert got["child"]["toy"]["maker"]["country"] == "UA"
    assert got["gone"] is None
    assert [friend["id"] for friend in got["friends"]] == ["chi_1", "chi_0"]
    assert got["pets"]["data"][0]["owner"]["object"] == "child"
    assert store.get("par_1")["child"] == "chi_1"


@pytest.mark.usefixtures("family")
def test_a_list_is_expanded_with_one_query_a_step() -> None:
    page = wire.list_answer("parent", "/v1/parents", {"limit": 20})
    reset_queries()  # the log is bounded: a full one would not grow
    with CaptureQueriesContext(connection) as queries:
        expansion.expand(page, ["data.child.toy.maker"])
    assert len(queries) == 2
    assert {parent["child"]["toy"]["maker"]["id"] for parent in page["data"]} == {"mak_1"}


@pytest.mark.usefixtures("family")
@pytest.mark.parametrize("path", ["colour", "child.colour", "data.child", "child.toy.maker.country.a", "a.b.c.d.e"])
def test_what_cannot_be_expanded_is_refused(path: str) -> None:
    with pytest.raises(ApiError) as caught:
        expansion.expand(store.get("par_1"), [path])
    assert caught.value.status == 400


def test_expansion_is_asked_for_over_http(sandbox: Sandbox) -> None:
    with transaction.atomic():
        event = events.emit("x.happened", {"id": "obj_1", "object": "thing"})
    error = refused(lambda: sandbox.client.v1.events.retrieve(event["id"], {"expand": ["colour"]}))
    assert error.http_status == 400
    assert "cannot be expanded" in str(error.user_message)


# -- the cost --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("world_db")
def test_a_page_of_a_hundred_costs_one_query() -> None:
    things("bill", 120)
    reset_queries()
    with CaptureQueriesContext(connection) as queries:
        assert len(wire.list_answer("bill", "/v1/bills", {"limit": 100})["data"]) == 100
    assert len(queries) == 1


@pytest.mark.usefixtures("world_db")
@pytest.mark.parametrize("cursor", [{"starting_after": "bill_100"}, {"ending_before": "bill_900"}])
def test_a_page_far_down_reads_nothing_of_those_before_it(cursor: dict[str, str]) -> None:
    things("bill", 1000)
    reset_queries()
    with CaptureQueriesContext(connection) as queries:
        assert wire.list_answer("bill", "/v1/bills", cursor)["has_more"]
    with transaction.atomic(), connection.cursor() as sql:
        sql.execute("SET LOCAL enable_seqscan = off")
        sql.execute("SET LOCAL enable_bitmapscan = off")
        sql.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {queries.captured_queries[-1]['sql']}")
        scan = sql.fetchone()[0][0]["Plan"]["Plans"][0]
    assert scan["Index Name"] == "sandbox_thing_newest"
    assert scan["Rows Removed by Filter"] < 3  # those of the same second


@pytest.mark.usefixtures("world_db")
def test_there_is_one_row_of_settings() -> None:
    assert Config.current().pk == 1
