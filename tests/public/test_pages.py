"""The pages that only tell something, the newsroom's colour, and what every page promises."""

import re
from datetime import date

import pytest
from django.test import Client, RequestFactory
from pytest_django import Settings

from newsroom import clock, theme
from newsroom.models import GivingCurrency, Newsroom
from public import browsers, errors
from tests.house.tree import ROOT

PAGES = ["/", "/support/", "/support/other/", "/privacy/", "/support/thanks/", "/no-such-page/"]


@pytest.fixture
def reader(db: None) -> Client:
    return Client()


@pytest.mark.parametrize("path", ["/", "/support/other/", "/privacy/"])
def test_a_page_that_only_tells_sets_no_cookie(reader: Client, path: str) -> None:
    answer = reader.get(path)
    assert answer.status_code == 200
    assert not answer.cookies


@pytest.mark.parametrize("path", ["/no-such-page/", "/rounds/no-such-round/"])
def test_who_is_lost_in_the_demo_sees_our_page_too(reader: Client, settings: Settings, path: str) -> None:
    settings.DEBUG = True
    answer = reader.get(path)
    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()
    assert "URLconf" not in answer.content.decode()


def test_page_of_cookies_names_every_one_that_the_form_sets(reader: Client) -> None:
    set_by_form = set(reader.get("/support/").cookies)
    told = set(re.findall(r"<code>(\S+)</code>", reader.get("/cookies/").content.decode()))
    assert set_by_form == {"csrf", "giving"}
    assert set_by_form <= told


def test_the_cookie_of_the_form_is_random_hidden_from_scripts_and_stays(reader: Client) -> None:
    cookie = reader.get("/support/").cookies[browsers.COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert len(cookie.value) == 32
    assert reader.get("/support/").cookies[browsers.COOKIE].value == cookie.value
    assert Client().get("/support/").cookies[browsers.COOKIE].value != cookie.value
    assert browsers.fingerprint(cookie.value) not in {cookie.value, browsers.fingerprint("x" * 32)}


@pytest.mark.parametrize("language", ["en", "uk"])
@pytest.mark.parametrize("path", PAGES)
def test_no_page_needs_inline_code_or_asks_anybody_else(
    reader: Client, settings: Settings, path: str, language: str
) -> None:
    settings.DEBUG = False
    page = reader.get(path, headers={"accept-language": language}).content.decode()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)
    assert all(re.search(r"\ssrc=", script) for script in re.findall(r"<script[^>]*>", page))
    assert not re.findall(r"""(?:src|href|action)=["'](?:https?:)?//(?!localhost|127\.)""", page)


@pytest.mark.parametrize("path", [path for path in PAGES if path != "/no-such-page/"])
def test_every_page_has_one_heading_a_language_and_the_newsrooms_address(reader: Client, path: str) -> None:
    Newsroom.objects.update(legal_name="NGO Slovo", address="Street 1\nKyiv", registration="12345678")
    page = reader.get(path, headers={"accept-language": "uk"}).content.decode()
    assert '<html lang="uk">' in page
    assert len(re.findall("<h1", page)) == 1
    assert "NGO Slovo" in page
    assert "Street 1<br>Kyiv" in page
    assert "12345678" in page


def test_the_language_can_be_switched_and_leads_back(reader: Client) -> None:
    answer = reader.post("/language/", {"language": "uk", "next": "/support/?amount=7"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/support/?amount=7")
    assert '<html lang="uk">' in reader.get("/").content.decode()


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\0"])
def test_the_language_switch_leads_nowhere_else(reader: Client, to: str) -> None:
    assert "evil" not in reader.post("/language/", {"language": "uk", "next": to}).headers.get("Location", "")


def test_bank_details_are_shown_where_there_are_some(reader: Client) -> None:
    assert "Bank transfer" not in reader.get("/support/other/").content.decode()
    Newsroom.objects.update(bank_details="IBAN UA00\nBank <X>")
    assert "IBAN UA00<br>Bank &lt;X&gt;" in reader.get("/support/other/").content.decode()


def test_the_page_of_a_broken_server_needs_no_database(rf: RequestFactory) -> None:
    answer = errors.broken(rf.get("/", headers={"accept-language": "uk"}))
    assert answer.status_code == 500
    assert '<html lang="uk">' in answer.content.decode()


@pytest.mark.parametrize("accent", ["#9b2226", "#ffff00", "#ffffff", "#000000", "#00ff7f", "#7f7f7f", "#0000ff"])
def test_any_accent_can_be_read_on_every_surface(accent: str) -> None:
    light, dark = re.findall(
        r"--accent: (#\w{6}); --on-accent: #\w{6}; } }|--accent: (#\w{6})", theme.style_sheet(accent)
    )[:2]
    light, dark = "".join(light), "".join(dark)
    for surface in ("#fbf8f2", "#ffffff", "#f3ede2"):
        assert theme.contrast(light, surface) >= 4.5
    for surface in ("#16130f", "#201c17", "#2a2620"):
        assert theme.contrast(dark, surface) >= 4.5


def test_an_accent_that_is_readable_is_left_alone() -> None:
    assert theme.readable("#9b2226", theme.LIGHT_SURFACE) == "#9b2226"


def test_the_surfaces_of_the_style_sheet_are_those_that_contrast_is_computed_for() -> None:
    sheet = (ROOT / "static/css/hromada.css").read_text()
    assert re.findall(r"--sunken: (#\w{6})", sheet)[:2] == [theme.LIGHT_SURFACE, theme.DARK_SURFACE]


def test_a_colour_that_did_not_change_is_not_sent_again(reader: Client) -> None:
    first = reader.get("/theme.css")
    assert first.headers["Content-Type"].startswith("text/css")
    assert reader.get("/theme.css", headers={"if-none-match": first.headers["ETag"]}).status_code == 304
    Newsroom.objects.update(accent="#005f73")
    assert reader.get("/theme.css", headers={"if-none-match": first.headers["ETag"]}).status_code == 200


def test_a_logo_is_an_image_or_there_is_none(reader: Client) -> None:
    assert reader.get("/logo").status_code == 404
    Newsroom.objects.update(logo=b"\x89PNG", logo_type="image/png")
    assert reader.get("/logo").headers["Content-Type"] == "image/png"
    assert 'src="/logo"' in reader.get("/").content.decode()
    Newsroom.objects.update(logo_type="text/html")
    assert reader.get("/logo").status_code == 404


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 12, 24), 1, date(2027, 1, 24)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
    ],
)
def test_the_next_charge_falls_on_the_same_day_or_the_months_last(day: date, months: int, later: date) -> None:
    assert clock.months_later(day, months) == later


def test_home_names_the_smallest_monthly_amount(reader: Client) -> None:
    GivingCurrency.objects.filter(code="EUR").update(suggested_monthly=[700, 400, 900])
    assert "From €4 a month" in reader.get("/").content.decode()
