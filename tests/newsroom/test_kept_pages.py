"""What a process keeps of a page: all but the texts of its reader."""

import re
from collections.abc import Iterator

import pytest
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest
from django.shortcuts import render
from django.test import RequestFactory
from django.utils import translation

from newsroom import kept_pages
from newsroom.kept_pages import render_kept
from newsroom.models import Newsroom
from tests.house.tree import ROOT

CAST = "public/round_cast.html"
SAME = {"slug": "spring", "title": "Spring & more", "closes": "10 January", "is_change": False, "is_blank": False}
OWN = {"said": "Rivers", "code": "ABCD", "nonce": "12 34", "file": 'data:text/plain,"&<b>'}


@pytest.fixture(autouse=True)
def nothing_made(db: None) -> Iterator[None]:
    kept_pages._made.clear()
    yield
    kept_pages._made.clear()


def request() -> HttpRequest:
    """Of somebody, for a page."""
    made = RequestFactory().get("/rounds/spring/")
    made.user = AnonymousUser()
    made._messages = CookieStorage(made)  # type: ignore[attr-defined]  # as the middleware does
    return made


@pytest.mark.parametrize("language", ["en", "uk"])
def test_it_says_what_render_says_the_first_time_and_ever_after(language: str) -> None:
    with translation.override(language):
        want = render(request(), CAST, SAME | OWN).content
        found = [render_kept(request(), CAST, SAME, OWN).content for _ in range(3)]
    assert found == [want] * 3


def test_nothing_of_a_reader_is_kept_and_each_gets_their_own() -> None:
    for code in ("FIRST", "<b>2</b>"):
        page = render_kept(request(), CAST, SAME, OWN | {"code": code, "said": f"Heron {code}"}).content.decode()
        assert f'<code class="code">{code.replace("<", "&lt;").replace(">", "&gt;")}</code>' in page
        assert "FIRST" not in page or code == "FIRST"
    assert len(kept_pages._made) == 1
    kept = "".join("".join(parts) for parts in kept_pages._made.values())
    assert not [text for text in ("FIRST", "Heron", *OWN.values()) if text in kept]


def test_what_is_the_same_for_some_is_not_for_all() -> None:
    pages = {render_kept(request(), CAST, SAME | one, OWN).content for one in ({}, {"title": "x"}, {"is_change": True})}
    assert len(pages) == 3


@pytest.mark.parametrize("name", [*kept_pages.SHOWN, "languages"])
def test_what_staff_change_of_the_newsroom_shows_at_once(name: str) -> None:
    before = render_kept(request(), CAST, SAME, OWN).content
    values = {"accent": "#123456", "logo_type": "image/png", "reply_to": "us@example.org", "languages": ["en"]}
    Newsroom.objects.update(**{name: values.get(name, "Changed")})
    after = render_kept(request(), CAST, SAME, OWN).content
    assert before != after
    assert after == render(request(), CAST, SAME | OWN).content


def test_the_layout_looks_at_nothing_else_of_the_newsroom() -> None:
    files = ("layouts/page.html", "components/footer.html", "components/demo_banner.html")
    looks = {name for file in files for name in re.findall(r"newsroom\.(\w+)", (ROOT / "templates" / file).read_text())}
    assert looks == {*kept_pages.SHOWN, "languages"}


def test_a_message_is_shown_once_and_not_kept() -> None:
    told = request()
    messages.info(told, "You are welcome.")
    assert b"You are welcome." in render_kept(told, CAST, SAME, OWN).content
    assert b"You are welcome." not in render_kept(request(), CAST, SAME, OWN).content


def test_a_process_keeps_a_hundred_and_goes_on() -> None:
    for number in range(kept_pages.MOST + 5):
        assert (
            f"Round {number}".encode() in render_kept(request(), CAST, SAME | {"title": f"Round {number}"}, OWN).content
        )
    assert len(kept_pages._made) == 5
