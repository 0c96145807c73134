"""Nothing personal reaches a log line or Sentry, whichever way an error takes."""

import json
import logging
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import structlog
from celery import Celery
from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.test import Client

from config import logs
from members.models import Patron
from payments import seconds
from payments.models import Donation
from tests.payments import rows

ADDRESS, NAME, TOKEN = "canary@example.org", "Kanarka Zhovta", "canary-token"


@pytest.fixture
def printed() -> Iterator[StringIO]:
    """What the configured handlers print."""
    out, root = StringIO(), logging.getLogger()
    handlers = [handler for handler in root.handlers if type(handler) is logging.StreamHandler]
    assert handlers, root.handlers
    before = [(handler, handler.setStream(out)) for handler in handlers]
    yield out
    for handler, stream in before:
        handler.setStream(stream)


def lines(printed: StringIO) -> list[dict[str, Any]]:
    """The lines, each of which is JSON; none has a canary."""
    for canary in (ADDRESS, "canary%40", NAME, TOKEN):
        assert canary not in printed.getvalue()
    return [json.loads(line) for line in printed.getvalue().splitlines()]


def breaks_the_row() -> None:
    """PostgreSQL's message prints the whole row."""
    with transaction.atomic():
        Patron.objects.bulk_create([Patron(email=ADDRESS, name=NAME), Patron(email=ADDRESS.upper(), name=NAME)])


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["structlog", "logging", "argument", "text", "celery"])
def test_failing_row_is_told_by_its_constraint_and_not_by_its_values(printed: StringIO, way: str) -> None:
    with pytest.raises(IntegrityError) as caught:
        breaks_the_row()
    assert ADDRESS.upper() in str(caught.value)
    error = caught.value
    match way:
        case "structlog":
            structlog.get_logger("payments").error("broken", exc_info=error)
        case "logging":
            logging.getLogger("library").error("broken", exc_info=error)
        case "argument":
            logging.getLogger("library").error("broken: %s", error)
        case "text":
            structlog.get_logger("django_structlog").error("broken", error=str(error), exception=error)
        case "celery":
            app = Celery(set_as_current=False)
            app.conf.update(task_always_eager=True, task_store_eager_result=False)
            app.task(name="tests.break")(breaks_the_row).apply()
    (line,) = [line for line in lines(printed) if line["level"] == "error"]
    assert ADDRESS.upper() not in printed.getvalue()
    if way != "argument":
        refused = [one for one in line["exception"] if one["type"] == "psycopg.errors.CheckViolation"]
        assert (refused[0]["sqlstate"], refused[0]["constraint"]) == ("23514", "patron_address_in_lower_case")
        assert any("breaks_the_row" in frame for one in line["exception"] for frame in one["frames"])
    else:
        assert line["event"] == "broken: IntegrityError"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        f"/nowhere/?email={ADDRESS}",
        f"/support/second/{TOKEN}/?next={NAME}",
        f"/support/gift/claim/{TOKEN}/",
        f"/account/address/undo/{TOKEN}/",
        f"/account/letters/stop/{TOKEN}/",
    ],
)
def test_line_of_a_request_has_neither_query_nor_token(printed: StringIO, address: str) -> None:
    assert Client().get(address).status_code == 404
    told = lines(printed)
    assert any(line["event"] == "request_finished" for line in told)
    assert "?" not in printed.getvalue()
    assert ("[token]" in printed.getvalue()) == (TOKEN in address)


@pytest.mark.django_db
def test_page_that_breaks_is_told_without_its_token_and_what_was_sent(
    printed: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_second: Donation) -> bool:
        raise ValueError(f"{NAME} <{ADDRESS}>")

    monkeypatch.setattr(seconds, "may_merge", broken)
    second = rows.monthly(is_second=True)
    token = signing.dumps(str(second.reference), salt="payments.second")
    answer = Client(raise_request_exception=False).get(f"/support/second/{token}/", {"email": ADDRESS})
    assert answer.status_code == 500
    assert token not in printed.getvalue()
    told = {line["event"]: line for line in lines(printed)}
    assert told["request_failed"]["request"] == "GET /support/second/[token]/"
    assert told["request_failed"]["exception"][0]["type"] == "builtins.ValueError"
    assert told["Internal Server Error: /support/second/[token]/"]["exception"][0]["frames"]


def test_address_in_a_librarys_own_words_is_taken_out(printed: StringIO) -> None:
    logging.getLogger("library").warning("No mailbox for <%s>", ADDRESS)
    assert [line["event"] for line in lines(printed)] == ["No mailbox for <[address]>"]


def test_sentry_is_told_where_and_not_what() -> None:
    from sentry_sdk.consts import DEFAULT_OPTIONS
    from sentry_sdk.utils import event_from_exception

    def breaks() -> None:
        raise ValueError(f"{NAME} <{ADDRESS}>")

    with pytest.raises(ValueError, match=NAME) as caught:
        breaks()
    options = DEFAULT_OPTIONS | {"include_local_variables": False}
    made, hint = event_from_exception((caught.type, caught.value, caught.tb), options)
    event: Any = made
    event |= {
        "request": {
            "url": f"https://news.example/support/second/{TOKEN}/?a={ADDRESS}", "method": "GET",
            "query_string": f"email={ADDRESS}", "headers": {"Referer": ADDRESS}, "data": {"name": NAME},
        },
        "breadcrumbs": {"values": [{"message": ADDRESS}]},
        "extra": {"name": NAME},
        "user": {"email": ADDRESS},
        "logentry": {"message": NAME, "params": [NAME]},
    }  # fmt: skip
    sent = logs.before_send(event, hint)
    for canary in (ADDRESS, NAME, TOKEN):
        assert canary not in json.dumps({**sent, "exception": _without_source(sent["exception"])})
    assert sent["exception"]["values"][0]["type"] == "ValueError"
    assert sent["request"] == {"method": "GET", "url": "https://news.example/support/second/[token]/"}


def _without_source(exception: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines of the program stand in Sentry's frames, and this test's lines name the canaries."""
    source = ("context_line", "pre_context", "post_context")
    return [
        one | {"stacktrace": [{k: v for k, v in at.items() if k not in source} for at in one["stacktrace"]["frames"]]}
        for one in exception["values"]
    ]


def test_these_are_the_configured_guards() -> None:
    assert "config.logs.RequestMiddleware" in settings.MIDDLEWARE
    logging_settings: dict[str, Any] = settings.LOGGING
    assert logs.scrub in logging_settings["formatters"]["line"]["processors"]
