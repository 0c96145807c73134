"""The page about cookies names exactly those that a browser is given on its way through everything."""

from typing import Any

import pytest
from django.test import Client

from members import consents
from members.models import Consented
from public.cookies import COOKIES
from tests.signing_in import first_step, patron


class Jar(Client):
    """A browser that remembers every cookie it was ever given."""

    def __init__(self) -> None:
        super().__init__()
        self.given: set[str] = set()

    def request(self, **request: Any) -> Any:
        answer = super().request(**request)
        self.given |= set(answer.cookies)
        return answer


@pytest.mark.parametrize("path", ["/", "/privacy/", "/cookies/", "/support/other/"])
def test_page_that_is_only_read_sets_none(db: None, path: str) -> None:
    browser = Jar()
    assert browser.get(path).status_code == 200
    assert browser.given == set()


def test_page_names_each_cookie_of_a_whole_journey(db: None) -> None:
    browser, who = Jar(), patron()
    consents.give(who, Consented.NAME, "Show my name.")
    browser.get("/support/")
    browser.post("/language/", {"language": "uk", "next": "/"})
    first_step(browser, who.email)
    for path in ("", "payments/", "statements/", "privacy/", "security/", "gift-memberships/", "name/", "language/"):
        assert browser.get(f"/account/{path}").status_code == 200
    browser.post("/account/privacy/withdraw/", {"purpose": "name"})
    browser.get("/account/privacy/")
    browser.post("/account/logout/")
    assert browser.given == {cookie.name for cookie in COOKIES}
    page = browser.get("/cookies/").content.decode()
    assert all(f"<code>{cookie.name}</code>" in page for cookie in COOKIES)


def test_privacy_page_says_what_the_settings_say(db: None, client: Client) -> None:
    from newsroom.models import Newsroom

    Newsroom.objects.update(
        retention_months=7, bookkeeping_years=9, legal_name="Ріка", address="Kyiv", reply_to="help@example.org"
    )
    page = client.get("/privacy/").content.decode()
    assert all(said in page for said in ("7 months", "9 years", "Ріка", "Kyiv", "help@example.org"))


def test_privacy_page_tells_of_everything_that_outlives_a_visit(db: None, client: Client) -> None:
    page = client.get("/privacy/").content.decode()
    told = (
        "last four digits",
        "word for word",
        "Notes of our staff",
        "a code made from the address",
        "No network address",
    )
    assert [words for words in told if words not in page] == []
