"""Every address is declared in authorization.py, and opens to those it is declared for and to nobody else."""

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from members.models import Patron, Role
from newsroom import clock
from tests.house.authorization import ANYBODY, BELOW, PAGES, PATRON, who_may
from tests.reports.places import STAFF, rows_to_look_at
from tests.signing_in import patron
from tests.voting.world import member

SIGN_IN = "/account/login/"
SUPPORT = "/support/"  # where a raise begins for those who are not signed in
READERS = ["reader", "patron", "lapsed"]
PAID = {"patron": timedelta(days=10), "lapsed": timedelta(days=400)}  # before now, for a month
METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
VISITORS = [
    "anonymous",
    *READERS,
    *Role.values,
    "admin without second factor",
    "admin without enrolment",
    "disabled admin",
]


def routes(patterns: "list[URLPattern | URLResolver]", before: str = "") -> Iterator[tuple[str, str]]:
    """Each route, and where its view comes from."""
    for pattern in patterns:
        route = before + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route, pattern.callback.__module__.partition(".")[0]


VIEWS = dict(routes(get_resolver().url_patterns))
ROUTES = sorted(VIEWS)
OURS = [route for route in ROUTES if (settings.BASE_DIR / VIEWS[route]).is_dir()]
GUARDED = [route for route in ROUTES if who_may(route) not in (ANYBODY, None)]


def visitor(kind: str) -> Client:
    """A browser in which this kind of person is signed in as far as they can be."""
    client = Client()
    if kind == "anonymous":
        return client
    role = next((role for role in Role.values if role in kind.split()), "")
    email = f"{kind.replace(' ', '-')}@example.org"
    if kind in PAID:
        who = member(email, paid=clock.now() - PAID[kind])
    else:
        who = Patron.objects.create(email=email, role=role)
    client.force_login(who)
    if role and "enrolment" not in kind:
        Authenticator.objects.create(user=who, type=Authenticator.Type.TOTP, data={"secret": "unused"})
    if role and "without" not in kind:
        session = client.session
        session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": time.time()}]
        session["account_authentication_methods_user"] = str(who.pk)
        session.save()
    if kind.startswith("disabled"):
        Patron.objects.filter(pk=who.pk).update(is_active=False)
    return client


def may(kind: str, route: str) -> bool:
    who = who_may(route)
    if who == PATRON:
        return kind in READERS or kind in Role.values
    return isinstance(who, frozenset) and kind in who


def address(route: str) -> str:
    """The route with something in the place of each of its arguments."""
    filled = re.sub(r"<(\w+):\w+>", lambda found: "1" if found[1] in {"int", "str", "path"} else "x", route)
    return "/" + re.sub(r"\(\?P<\w+>[^)]*\)", "x", filled).replace("<", "").replace(">", "").removesuffix("$")


def is_refused(answer: HttpResponseBase) -> bool:
    """Led away before anything was shown: to sign in, to enrol or show the second factor; or told no."""
    elsewhere = answer.headers["Location"] if answer.status_code == 302 else ""
    led_away = elsewhere.startswith((SIGN_IN, "/account/second-factor/")) or elsewhere == SUPPORT
    return led_away or answer.status_code in {403, 404}


def is_shut(answer: HttpResponseBase) -> bool:
    return is_refused(answer) or answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_every_address_is_declared():
    assert [route for route in ROUTES if who_may(route) is None] == []


def test_every_declared_address_exists():
    assert [route for route in PAGES if route not in ROUTES] == []
    assert [prefix for prefix in BELOW if not any(route.startswith(prefix) for route in ROUTES)] == []


@pytest.mark.parametrize("kind", VISITORS)
def test_guarded_addresses_open_to_nobody_else(db: None, kind: str):
    browser = visitor(kind)
    opened = []
    for route in GUARDED:
        if not may(kind, route) and not (route.startswith("account/second-factor/") and "without" in kind):
            opened += [
                f"{method} {route}: {answer.status_code}"
                for method in METHODS
                if not is_shut(answer := getattr(browser, method)(address(route)))
            ]
    assert opened == []


@pytest.mark.parametrize("kind", VISITORS)
def test_what_staff_look_at_opens_to_nobody_else(db: None, kind: str):
    """Also where the address names something that is there."""
    found = rows_to_look_at(patron("rows@newsroom.example", "admin", second_factor=True))
    browser = visitor(kind)
    asked = {
        route: (browser.get(path), browser.post(path))
        for route, path in ((f"reports/{one}", f"/reports/{named}".format(**found)) for one, named in STAFF.items())
    }
    assert {
        route: [answer.status_code for answer in answers]
        for route, answers in asked.items()
        if is_shut(answers[0]) == may(kind, route) or (not may(kind, route) and not all(map(is_shut, answers)))
    } == {}


@pytest.mark.parametrize("kind", [*READERS, *Role.values])
def test_guarded_addresses_open_to_those_they_are_for(db: None, kind: str):
    """Our own addresses without arguments: the page is shown, or another than a refusal's is led to."""
    browser = visitor(kind)
    closed = []
    for route in GUARDED:
        if route in PAGES and may(kind, route) and "<" not in route and "(" not in route:
            answer = browser.get(address(route))
            if is_refused(answer):
                closed.append(f"{route}: {answer.status_code}")
    assert closed == []


@pytest.mark.parametrize("kind", ["anonymous", "patron", "admin"])
def test_methods_that_no_page_has_do_nothing_for_anybody(db: None, kind: str):
    """Also for those whom an address of ours is for: refused, led away, or told that there is no such method."""
    browser = visitor(kind)
    answers = {
        f"{method} {route}": getattr(browser, method)(address(route)).status_code
        for route in OURS
        for method in ("put", "patch", "delete", "trace")
    }
    assert {asked: status for asked, status in answers.items() if status < 300 or status >= 500} == {}
