"""Every address is declared in authorization.py, and opens to those it is declared for and to nobody else."""

import re
import time
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from allauth.mfa.models import Authenticator
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from members.models import Patron, Role
from tests.house.authorization import ANYBODY, BELOW, PAGES, PATRON, who_may

SIGN_IN = "/account/login/"
SUPPORT = "/support/"  # where a raise begins for those who are not signed in
VISITORS = [
    "anonymous",
    "patron",
    *Role.values,
    "admin without second factor",
    "admin without enrolment",
    "disabled admin",
]


def routes(patterns: "list[URLPattern | URLResolver]", before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


ROUTES = sorted(set(routes(get_resolver().url_patterns)))
GUARDED = [route for route in ROUTES if who_may(route) not in (ANYBODY, None)]


def visitor(kind: str) -> Client:
    """A browser in which this kind of person is signed in as far as they can be."""
    client = Client()
    if kind == "anonymous":
        return client
    role = next((role for role in Role.values if role in kind.split()), "")
    patron = Patron.objects.create(email=f"{kind.replace(' ', '-')}@example.org", role=role)
    client.force_login(patron)
    if role and "enrolment" not in kind:
        Authenticator.objects.create(user=patron, type=Authenticator.Type.TOTP, data={"secret": "unused"})
    if role and "without" not in kind:
        session = client.session
        session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": time.time()}]
        session["account_authentication_methods_user"] = str(patron.pk)
        session.save()
    if kind.startswith("disabled"):
        Patron.objects.filter(pk=patron.pk).update(is_active=False)
    return client


def may(kind: str, route: str) -> bool:
    who = who_may(route)
    if who == PATRON:
        return kind == "patron" or kind in Role.values
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
                for method, ask in (("GET", browser.get), ("POST", browser.post))
                if not is_refused(answer := ask(address(route))) and answer.status_code != HTTPStatus.METHOD_NOT_ALLOWED
            ]
    assert opened == []


@pytest.mark.parametrize("kind", ["patron", *Role.values])
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
