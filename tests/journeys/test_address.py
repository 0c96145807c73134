"""A patron who gives moves to another address and back; Stripe's customer follows, also when Stripe was away."""

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from letters.models import Letter
from members.models import Patron
from newsroom import clock
from payments import gateway
from payments.models import Operation
from tests.journeys.conftest import World
from tests.signing_in import sign_in

OLD, NEW = "reader@example.org", "reader@new.example"
ASK, CONFIRM = "/account/address/", "/account/address/confirm/"


def _code(browser: Client, email: str = NEW) -> str:
    browser.post(ASK, {"email": email})
    found = re.search(r"\b\d{4}-\d{4}\b", Letter.objects.filter(to=email).latest("id").text)
    assert found
    return found[0]


def _undo() -> None:
    letter = Letter.objects.filter(occasion="address_changed").latest("id")
    found = re.search(r"/account/address/undo/\S+", letter.text)
    assert found
    assert Client().post(found[0]).status_code == 200


def _at_stripe(story: World, customer: str) -> str | None:
    email: str | None = story.sandbox.client.v1.customers.retrieve(customer).email
    return email


@pytest.fixture
def stripe_away(settings: Settings) -> Callable[[bool], None]:
    address = settings.STRIPE_API_BASE

    def turn(away: bool) -> None:
        settings.STRIPE_API_BASE = "http://127.0.0.1:9" if away else address
        gateway.forget_client()

    return turn


def test_stripe_follows_to_the_new_address_and_back(story: World) -> None:
    donation = story.reader().give()
    browser = sign_in(Client(), Patron.objects.get())
    browser.post(CONFIRM, {"code": _code(browser)})
    assert _at_stripe(story, donation.customer) == NEW
    _undo()
    assert _at_stripe(story, donation.customer) == OLD
    wishes = Operation.objects.filter(kind="customer")
    assert {wish.state for wish in wishes} == {"done"}
    assert {str(wish.params) for wish in wishes} == {"{}"}, "no address is kept in what was sent"
    story.settle()
    assert story.letters(OLD)[-2:] == ["address_changed", "address_restored"]
    story.books()


def test_while_stripe_is_away_it_is_told_later_and_only_the_last(
    story: World, settings: Settings, stripe_away: Callable[[bool], None]
) -> None:
    donation = story.reader().give()
    browser = sign_in(Client(), Patron.objects.get())
    stripe_away(True)
    browser.post(CONFIRM, {"code": _code(browser)})
    assert Patron.objects.get().email == NEW, "the address is ours to change"
    _undo()
    stripe_away(False)
    assert _at_stripe(story, donation.customer) == OLD
    clock.move(timedelta(hours=1))
    story.settle()
    assert _at_stripe(story, donation.customer) == OLD
    assert sorted(Operation.objects.filter(kind="customer").values_list("state", flat=True)) == ["done", "refused"]


def test_of_parallel_posts_of_one_code_one_moves_the_account(story: World) -> None:
    story.reader().give()
    browser = sign_in(Client(), Patron.objects.get())
    code, cookie, start = _code(browser), browser.cookies["session"].value, threading.Barrier(5)

    def one(_number: int) -> str:
        try:
            same = Client()
            same.cookies = SimpleCookie({"session": cookie})
            start.wait(30)
            return same.post(CONFIRM, {"code": code}).headers.get("Location", "")
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(one, range(5)))
    assert answers.count("/account/security/") == 1
    assert Operation.objects.filter(kind="customer").count() == 1
    assert Letter.objects.filter(occasion="address_changed").count() == 1
