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
from members import sign_ins
from members.models import Patron
from tests.journeys.conftest import World, sandbox, world
from tests.members.test_gift_memberships import paid, token
from tests.public.conftest import FILLED
from tests.signing_in import at_once, patron

__all__ = ["sandbox", "world"]

LOGIN, CONFIRM = "/account/login/", "/account/login/code/confirm/"
MOVE, MOVE_CONFIRM = "/account/address/", "/account/address/confirm/"
KNOWN, UNKNOWN = "olena@example.org", "nolan@example.org"  # of one length
Walk = tuple[list[Any], list[str]]


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
    """An answer without what differs by chance: tokens, nonces, the payment page's number, and the address."""
    text = getattr(answer, "content", b"").decode().replace(email, "ADDRESS")
    text = re.sub(r'(name="csrfmiddlewaretoken" value|nonce)="[^"]*"', r'\1=""', text)
    headers = {name: re.sub(r"nonce-[^']*|cs_\w+", "chance", value) for name, value in answer.headers.items()}
    headers["Expires"] = "at once" if "Expires" in headers else ""
    cookies = {
        name: {key: value for key, value in morsel.items() if key != "expires"}
        for name, morsel in answer.cookies.items()
    }
    return answer.status_code, headers, cookies, text


def _shape(sql: str) -> str:
    """A statement without its values, and without the numbers that name savepoints."""
    return re.sub(r"\bs\d+_x\d+\b|'(?:[^']|'')*'|\b\d+\b|\bNULL\b", "?", sql)


def _walk(email: str) -> Walk:
    """Asking, looking, typing a wrong code four times, asking again, as one browser does; and every statement.

    Whoever asked is answered between the requests, as a worker does.
    """
    browser, said, statements = Client(), [], []
    steps: list[tuple[str, str, dict[str, str]]] = [
        ("post", LOGIN, {"login": email, "next": "/account/"}),
        ("get", CONFIRM, {}),
        ("head", CONFIRM, {}),
        *[("post", CONFIRM, {"code": "0000-0000"})] * 4,
        ("post", LOGIN, {"login": email.upper()}),
        ("get", LOGIN, {}),
        *[("post", LOGIN, {"login": email})] * 5,
    ]
    for method, path, data in steps:
        with CaptureQueriesContext(connection) as queries:
            said.append(_said(getattr(browser, method)(path, data), email))
        statements += [_shape(query["sql"]) for query in queries]
        sign_ins.answer_due()
    return said, statements


def test_known_and_unknown_are_answered_alike(known: None) -> None:
    answers, statements = zip(*(_walk(email) for email in (KNOWN, UNKNOWN)), strict=True)
    assert answers[0] == answers[1]
    assert statements[0] == statements[1]
    assert Letter.objects.filter(to=KNOWN).count() == Letter.objects.filter(to=UNKNOWN).count() == 5


def test_the_first_request_does_not_tell_by_being_the_first(known: None) -> None:
    """The other way round, since what one request leaves in caches another finds."""
    statements = [_walk(email)[1] for email in (UNKNOWN, KNOWN)]
    assert statements[0] == statements[1]


def _move(email: str) -> Walk:
    """Another account wants to move to the address, types wrong codes, and asks until the limit is reached."""
    browser, answers = at_once(patron(f"taras-{email[:2]}@example.org")), []
    with CaptureQueriesContext(connection) as queries:
        answers.append(browser.post(MOVE, {"email": email}))
        answers.append(browser.get(MOVE_CONFIRM))
        answers += [browser.post(MOVE_CONFIRM, {"code": "0000-0000"}) for _ in range(4)]
        answers += [browser.post(MOVE, {"email": email.upper()}) for _ in range(6)]
        answers.append(browser.get(MOVE_CONFIRM))
    return [_said(answer, email) for answer in answers], [_shape(query["sql"]) for query in queries]


def test_moving_to_an_address_does_not_tell_whether_it_is_somebodys(known: None) -> None:
    answers, statements = zip(*(_move(email) for email in (KNOWN, UNKNOWN)), strict=True)
    assert answers[0] == answers[1]
    assert statements[0] == statements[1]
    assert [status for status, *_ in answers[0]] == [302] + [200] * 5 + [302] * 6 + [200]
    assert Letter.objects.filter(to=KNOWN).count() == Letter.objects.filter(to=UNKNOWN).count() == 5


def _claim(email: str, path: str) -> Walk:
    """Somebody without a session claims a gift membership for the address."""
    browser, answers = Client(), []
    with CaptureQueriesContext(connection) as queries:
        answers.append(browser.post(path, {"email": email}))
        answers += [browser.post(path, {"email": email, "code": "0000-0000"}) for _ in range(4)]
        answers += [browser.post(path, {"email": email.upper()}) for _ in range(6)]
    return [_said(answer, email) for answer in answers], [_shape(query["sql"]) for query in queries]


def test_claiming_a_gift_membership_does_not_tell_whose_an_address_is(known: None) -> None:
    path = f"/support/gift/claim/{token(paid())}/"
    answers, statements = zip(*(_claim(email, path) for email in (KNOWN, UNKNOWN)), strict=True)
    assert answers[0] == answers[1]
    assert statements[0] == statements[1]
    assert {status for status, *_ in answers[0]} == {200, 422}
    letters = Letter.objects.filter(occasion="gift_claim_code")
    assert letters.filter(to=KNOWN).count() == letters.filter(to=UNKNOWN).count() == 5


def _give(email: str) -> Walk:
    """A form that is wrong, one that is right, the same again, and another choice."""
    browser = Client(REMOTE_ADDR=f"10.0.0.{len(email) + (email == KNOWN)}")
    said: tuple[dict[str, str], ...] = ({"amount": "0.01"}, {}, {}, {"amount": "7.00"}, {"interval": "once"})
    with CaptureQueriesContext(connection) as queries:
        answers = [browser.post("/support/", FILLED | {"email": email} | one) for one in said]
    return [_said(answer, email) for answer in answers], [_shape(query["sql"]) for query in queries]


def test_giving_does_not_tell_whether_an_address_gives_already(world: World) -> None:
    world.reader().give(email=KNOWN)
    cache.clear()
    answers, statements = zip(*(_give(email) for email in (KNOWN, UNKNOWN)), strict=True)
    assert answers[0] == answers[1]
    assert [status for status, *_ in answers[0]] == [422, 303, 303, 303, 303]
    assert statements[0] == statements[1]


def test_control_the_comparison_sees_one_statement_more(known: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        Patron.objects.filter(email=KNOWN).first()
        Patron.objects.filter(email=UNKNOWN).first()
        Patron.objects.filter(email=KNOWN).exists()
    first, second, third = [_shape(query["sql"]) for query in queries]
    assert first == second != third
