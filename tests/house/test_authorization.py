"""Every address is declared in authorization.py, and opens to those it is declared for and to nobody else."""

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from members.models import Patron, Role
from newsroom import clock
from tests.house.authorization import (
    ANYBODY,
    BELOW,
    ONLY_LOOKED_AT,
    ONLY_SENT_TO,
    PAGES,
    PATRON,
    SENDERS,
    methods,
    who_may,
)  # fmt: skip
from tests.portal.test_others import ASKS_STRIPE, one_of_everything
from tests.portal.test_others import ROUTES as ACCOUNT
from tests.reports.places import STAFF, rows_to_look_at
from tests.signing_in import patron
from tests.voting.world import member

SIGN_IN = "/account/login/"
SUPPORT = "/support/"  # where a raise begins for those who are not signed in
READERS = ["reader", "patron", "lapsed"]
REMOVED = "admin whose factor was removed"  # it was shown in this session, and is gone since
PAID = {"patron": timedelta(days=10), "lapsed": timedelta(days=400)}  # before now, for a month
METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
VISITORS = [
    "anonymous",
    *READERS,
    *Role.values,
    "admin without second factor",
    "admin without enrolment",
    REMOVED,
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
OURS = [route for route in PAGES if (settings.BASE_DIR / VIEWS.get(route, "nowhere")).is_dir()]
MADE_ELSEWHERE = [route for route in ROUTES if route not in OURS and who_may(route) not in (ANYBODY, None)]


def visitor(kind: str) -> tuple[Client, Patron | None]:
    """A browser in which this kind of person is signed in as far as they can be, and who they are."""
    client = Client()
    if kind == "anonymous":
        return client, None
    role = next((role for role in Role.values if role in kind.split()), "")
    email = f"{kind.replace(' ', '-')}@example.org"
    if kind in PAID:
        who = member(email, paid=clock.now() - PAID[kind])
    else:
        who = Patron.objects.create(email=email, role=role)
    client.force_login(who)
    if role and "enrolment" not in kind and kind != REMOVED:
        Authenticator.objects.create(user=who, type=Authenticator.Type.TOTP, data={"secret": "unused"})
    if "without" not in kind:
        session, shown = client.session, {"method": "mfa", "type": "totp"} if role else {"method": "code"}
        session["account_authentication_methods"] = [{**shown, "at": time.time()}]
        session["account_authentication_methods_user"] = str(who.pk)
        session.save()
    if kind.startswith("disabled"):
        Patron.objects.filter(pk=who.pk).update(is_active=False)
    return client, who


def may(kind: str, route: str, method: str = "get") -> bool:
    who = who_may(route, method)
    if who == PATRON:
        return kind in READERS or kind in Role.values
    return who == ANYBODY or (isinstance(who, frozenset) and kind in who)


NOBODYS = {
    "int": "999999", "uuid": "00000000-0000-4000-8000-000000000000", "slug": "nowhere", "str": "nothing", "path": "9",
}  # fmt: skip


def address(route: str) -> str:
    """The route with something in the place of each of its arguments that could be there and is not."""
    filled = re.sub(r"<(\w+):\w+>", lambda found: NOBODYS[found[1]], route)
    filled = re.sub(r"\(\?P<number>(S?)[^)]*\)", r"\g<1>2001-000001", filled)
    return "/" + re.sub(r"\(\?P<\w+>[^)]*\)", "x", filled).replace("\\.", ".").removesuffix("$")


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
    assert [route for route in (*PAGES, *SENDERS, *ONLY_LOOKED_AT, *ONLY_SENT_TO) if route not in ROUTES] == []
    assert [prefix for prefix in BELOW if not any(route.startswith(prefix) for route in ROUTES)] == []


def places(route: str, staffs: dict[str, object], own: dict[str, str], others: dict[str, str]) -> dict[str, str]:
    """The addresses of a route: whose is what is named there → the address. What staff work on is theirs."""
    found = {"nobody's": address(route)} if re.search(r"[<(]", route) else {"own": address(route)}
    short = route.removeprefix("reports/")
    if named := {**STAFF, **BUTTONS}.get(short):
        found["own"] = f"/reports/{named}".format(**staffs)
    if route in ACCOUNT:
        path, what = ACCOUNT[route]
        found["another's"] = f"/{path % others[what]}"
        if own and path not in ASKS_STRIPE:
            found["own"] = f"/{path % own[what]}"
    return found


BUTTONS = {
    **{f"patrons/<int:pk>/{name}/": f"patrons/{{patron}}/{name}/" for name in ("stop", "notes", "membership")},
    **{f"payments/<int:pk>/{name}/": f"payments/{{payment}}/{name}/" for name in ("reverse", "receipt")},
    "wording/<str:name>/<str:language>/letter/": "wording/receipt/uk/letter/",
}
# Not there for anybody just now: a session of paying, an uploaded logo, a charge that failed.
NOTHING_THERE = {"support/thanks/", "logo", "account/donations/<uuid:reference>/failed/"}
# Which of many is meant stands in the form, and an empty one names none.
NAMES_IN_THE_FORM = {
    "topics/follow/", "account/topics/", "reports/erasures/", "reports/patrons/<int:pk>/letters/",
    "reports/payments/<int:pk>/receipt/", "reports/payments/refunds/",
}  # fmt: skip


def fault(kind: str, route: str, method: str, whose: str, answer: HttpResponseBase) -> str:
    """What is wrong with an answer, by the table; empty where nothing is."""
    status = answer.status_code
    if status >= 500:
        return "broke"
    if not may(kind, route, method):
        return "" if is_shut(answer) else "let in"
    if method not in methods(route):
        return "" if status in {404, 405} or (method == "options" and who_may(route) == ANYBODY) else "took the method"
    if whose != "own":
        return "" if status == 404 else "found"
    if status == 404 and (route in NOTHING_THERE or (method == "post" and route in NAMES_IN_THE_FORM)):
        return ""
    is_closed = status in {403, 404, 405} if who_may(route) == ANYBODY else is_shut(answer)
    return "refused" if is_closed else ""


def test_every_address_that_names_something_is_tried_where_it_is_there() -> None:
    there = {f"reports/{route}" for route in {**STAFF, **BUTTONS}} | set(ACCOUNT)
    naming = {route for route in PAGES if re.search(r"[<(]", route) and who_may(route) != ANYBODY}
    assert naming - there == {"reports/exports/<uuid:reference>/file/"}, (
        "whose file it is, tests/reports/test_exports.py"
    )


@pytest.mark.parametrize("kind", VISITORS)
def test_every_address_answers_as_the_table_says(db: None, settings: Settings, kind: str) -> None:
    """By every method, with what is one's own, another's and nobody's in its place."""
    settings.DEBUG = False  # or Django's own page of a missing address is shown, slowly
    staffs = rows_to_look_at(patron("rows@newsroom.example", "admin", second_factor=True))
    browser, who = visitor(kind)
    own = one_of_everything(who) if who and may(kind, "account/") else {}
    others = one_of_everything(patron("another@example.org"))
    found = []
    # What is sent comes after all that is looked at, and signing out last of all.
    for method in (*(one for one in METHODS if one != "post"), "post"):
        for route in sorted(OURS, key=lambda route: route == "account/logout/"):
            for whose, path in places(route, staffs, own, others).items():
                answer = getattr(browser, method)(path)
                if wrong := fault(kind, route, method, whose, answer):
                    found.append(f"{method} {route} ({whose}): {wrong}, {answer.status_code}")
    assert found == []


@pytest.mark.parametrize("kind", VISITORS)
def test_what_others_have_made_opens_to_nobody_else(db: None, settings: Settings, kind: str) -> None:
    """allauth's pages of the second factor and Django's admin."""
    settings.DEBUG = False
    browser, _who = visitor(kind)
    opened = []
    for route in MADE_ELSEWHERE:
        is_half_way = route.startswith("account/second-factor/") and ("without" in kind or kind == REMOVED)
        if not may(kind, route) and not is_half_way:
            opened += [
                f"{method} {route}: {answer.status_code}"
                for method in METHODS
                if not is_shut(answer := getattr(browser, method)(address(route)))
            ]
    assert opened == []


def test_control_an_open_door_is_found() -> None:
    """The verdicts, on answers that would each be a fault of the product."""
    page, missing, away = HttpResponse(), HttpResponse(status=404), HttpResponseRedirect("/account/login/?next=/")
    assert fault("support", "reports/close/", "get", "own", page) == "let in"
    assert fault(REMOVED, "reports/", "get", "own", page) == "let in"
    assert fault("admin", "reports/close/", "put", "own", page) == "took the method"
    assert fault("patron", "account/payments/<int:pk>/name/", "get", "another's", page) == "found"
    assert fault("admin", "reports/events/<int:pk>/", "get", "own", missing) == "refused"
    assert fault("finance", "reports/close/", "get", "own", away) == "refused"
    assert fault("finance", "reports/newsroom/", "post", "own", page) == "let in"
    assert fault("anonymous", "support/", "post", "own", HttpResponse(status=500)) == "broke"
