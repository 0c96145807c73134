"""In a real browser: which cookies one is given, and that no page asks anybody else for anything."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.browser.conftest import another, pay
from tests.browser.pages import account
from tests.journeys.conftest import World
from tests.signing_in import letter_code

pytestmark = pytest.mark.browser
READ = ["/", "/privacy/", "/cookies/", "/support/other/", "/supporters/", "/support/thanks/"]
FORMS = ["/support/", "/support/gift/"]


def jar(context: BrowserContext, world: World) -> set[str]:
    return {str(cookie.get("name")) for cookie in context.cookies(world.url)}


def named(page: Page, world: World) -> set[str]:
    """The cookies that the page about them names."""
    page.goto(f"{world.url}/cookies/")
    return set(page.locator("h2 code").all_inner_texts())


def test_cookies_are_those_that_are_named_and_nobody_else_is_asked(browser: Browser, world: World) -> None:
    asked: list[tuple[str, str]] = []  # by which page, what

    def note(request: Request) -> None:
        # Whoever clicks goes there, to Stripe's payment page too; all else a page asks for by itself. Its icon comes
        # when the browser has time, and the window may show another page by then.
        if not request.is_navigation_request() and not request.url.startswith(f"{world.url}/static/icons/"):
            asked.append((request.frame.url, request.url))

    with browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB") as context:
        page = context.new_page()
        context.on("request", note)
        for path in READ:
            page.goto(world.url + path, wait_until="networkidle")
        assert jar(context, world) == set(), "whoever reads is given none"
        told = named(page, world)
        page.get_by_role("button", name="Українська").click()
        page.wait_for_url("**/cookies/")
        assert jar(context, world) == {"django_language"}
        page.get_by_role("button", name="English").click()
        for path in FORMS:
            page.goto(world.url + path, wait_until="networkidle")
        assert jar(context, world) == {"django_language", "csrf", "giving"}
        page = _gives_and_signs_in(page, world)
        assert jar(context, world) == told - {"messages"}
        seen = _walks_the_account(page, context, world)
        assert seen == told == {"csrf", "django_language", "giving", "messages", "session"}
        assert {urlsplit(cookie["domain"]).path for cookie in context.cookies()} == {"127.0.0.1"}
    assert len({urlsplit(by).path for by, _ in asked}) > 20
    assert [(by, what) for by, what in asked if urlsplit(by).netloc != urlsplit(what).netloc] == []


def _gives_and_signs_in(page: Page, world: World) -> Page:
    """The page in which the giver is signed in."""
    page.goto(f"{world.url}/support/")
    page.locator(".go").click()
    page.wait_for_url("**/pay/**")
    pay(page)
    page = another(page)
    world.settle()
    page.goto(f"{world.url}/account/")
    page.get_by_label("E-mail").fill("reader@example.org")
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_label("Code")).to_be_visible()
    page.get_by_label("Code").fill(letter_code("reader@example.org"))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{world.url}/account/")
    return page


def _walks_the_account(page: Page, context: BrowserContext, world: World) -> set[str]:
    """Every page, and a button that has a sentence ride along; returns the cookies seen."""
    seen = jar(context, world)
    reference = re.search(r"donations/([^/]+)/amount", page.content())
    assert reference
    for path in account(reference[1]):
        page.goto(world.url + path, wait_until="networkidle")
        seen |= jar(context, world)
    page.goto(f"{world.url}/account/language/")
    with page.expect_response(lambda answer: "messages=" in (answer.all_headers().get("set-cookie") or "")):
        page.get_by_role("button", name="Save").click()
    return seen | {"messages"}
