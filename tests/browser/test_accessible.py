"""axe finds nothing, and nothing scrolls sideways on the narrowest phone, on any page."""

from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from public.views import LOOK_AGAIN
from tests.browser.conftest import another, pay
from tests.journeys.conftest import World

pytestmark = pytest.mark.browser
PAGES = [
    "/",
    "/support/",
    "/support/?currency=UAH&interval=yearly&amount=777",
    "/support/other/",
    "/support/gift/",
    "/privacy/",
    "/support/thanks/",
    "/account/login/",
]


def faults(page: Page) -> list[str]:
    """What axe finds, as lines, and whether the page is wider than the window.

    Looked at once it is there and stands still: a click returns when the new document begins, before it has a body,
    and in the middle of a transition a colour is neither the one before nor the one after.
    """
    page.wait_for_load_state("load")
    page.evaluate("document.getAnimations().forEach(one => one.finish())")
    found = Axe().run(page).response["violations"]
    lines = [f"{page.url}: {rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return lines + ([f"{page.url} is {wide} px too wide"] if wide > 0 else [])


@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [(320, "light", "uk"), (320, "dark", "en"), (1280, "light", "en"), (1280, "dark", "uk")],
)
def test_pages_are_without_fault(browser: Browser, world: World, width: int, scheme: str, language: str) -> None:
    with browser.new_context(
        viewport={"width": width, "height": 720}, color_scheme=scheme, locale=language  # type: ignore[arg-type]  # one of its words
    ) as context:  # fmt: skip
        page, found = context.new_page(), []
        for path in PAGES:
            page.goto(world.url + path)
            found += faults(page)
        page.goto(f"{world.url}/support/")
        page.locator("summary").click()
        page.locator("input[name=display][value=named]").check()
        page.locator("#amount-other").check()
        page.locator("#cover_fee").check()
        found += faults(page)
        page.locator(".go").click()
        page.locator("[role=alert]").wait_for()
        found += faults(page)
        assert found == []


def test_thanks_pages_are_without_fault(browser: Browser, world: World) -> None:
    with browser.new_context(viewport={"width": 320, "height": 720}) as context:
        page = context.new_page()
        page.goto(f"{world.url}/support/")
        page.locator(".go").click()
        page.wait_for_url("**/pay/**")
        pay(page)
        page.wait_for_url("**/support/thanks/**")
        [session] = parse_qs(urlsplit(page.url).query)["session_id"]
        page = another(page)
        page.goto(f"{world.url}/support/thanks/?session_id={session}&look={len(LOOK_AGAIN)}")
        expect(page.get_by_role("link", name="Look again")).to_be_visible()
        found = faults(page)
        world.settle()
        page.reload()
        found += faults(page)
        assert "has begun" in page.content()
        assert found == []
