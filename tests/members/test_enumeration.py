"""An address that is known is answered like one that is not: status, headers, body, redirects, and the SQL behind."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext

from letters.models import Letter
from members.models import Patron
from tests.signing_in import patron

LOGIN, CONFIRM = "/account/login/", "/account/login/code/confirm/"
KNOWN, UNKNOWN = "olena@example.org", "nolan@example.org"  # of one length


def _disabled() -> None:
    Patron.objects.filter(pk=patron(KNOWN).pk).update(is_active=False)


def _staff() -> None:
    patron(KNOWN, "admin", second_factor=True)


@pytest.fixture(params=[lambda: patron(KNOWN), _staff, _disabled], ids=["patron", "staff", "disabled"])
def known(db: None, request: pytest.FixtureRequest) -> None:
    made: Callable[[], object] = request.param
    made()
    cache.clear()


def _said(answer: HttpResponseBase, email: str) -> tuple[Any, ...]:
    """An answer without what differs by chance: tokens, nonces, the length of what they stand in, and the address."""
    text = getattr(answer, "content", b"").decode().replace(email, "ADDRESS")
    text = re.sub(r'(name="csrfmiddlewaretoken" value|nonce)="[^"]*"', r'\1=""', text)
    headers = {name: re.sub(r"nonce-[^']*", "nonce", value) for name, value in answer.headers.items()}
    headers["Expires"] = "at once" if "Expires" in headers else ""
    cookies = {
        name: {key: value for key, value in morsel.items() if key != "expires"}
        for name, morsel in answer.cookies.items()
    }
    return answer.status_code, headers, cookies, text


def _shape(sql: str) -> str:
    """A statement without its values, and without the numbers that name savepoints."""
    return re.sub(r"\bs\d+_x\d+\b|'(?:[^']|'')*'|\b\d+\b|\bNULL\b", "?", sql)


def _walk(email: str) -> tuple[list[Any], list[str]]:
    """Asking, looking, typing a wrong code four times, asking again, as one browser does; and every statement."""
    browser, answers = Client(), []
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answers.append(browser.post(LOGIN, {"login": email, "next": "/account/"}))
        answers.append(browser.get(CONFIRM))
        answers.append(browser.head(CONFIRM))
        answers += [browser.post(CONFIRM, {"code": "0000-0000"}) for _ in range(4)]
        answers.append(browser.post(LOGIN, {"login": email.upper()}))
        answers.append(browser.get(LOGIN))
        answers += [browser.post(LOGIN, {"login": email}) for _ in range(5)]
    return [_said(answer, email) for answer in answers], [_shape(query["sql"]) for query in queries]


def test_known_and_unknown_are_answered_alike(known: None) -> None:
    answers, statements = zip(*(_walk(email) for email in (KNOWN, UNKNOWN)), strict=True)
    assert answers[0] == answers[1]
    assert statements[0] == statements[1]
    assert Letter.objects.filter(to=KNOWN).count() == Letter.objects.filter(to=UNKNOWN).count() == 5


def test_the_first_request_does_not_tell_by_being_the_first(known: None) -> None:
    """The other way round, since what one request leaves in caches another finds."""
    statements = [_walk(email)[1] for email in (UNKNOWN, KNOWN)]
    assert statements[0] == statements[1]


def test_control_the_comparison_sees_one_statement_more(known: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        Patron.objects.filter(email=KNOWN).first()
        Patron.objects.filter(email=UNKNOWN).first()
        Patron.objects.filter(email=KNOWN).exists()
    first, second, third = [_shape(query["sql"]) for query in queries]
    assert first == second != third
