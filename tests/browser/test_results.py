"""The result of a round on a phone and on a desk: no fault of access, nothing too wide, nobody else is asked."""

import pytest
from playwright.sync_api import Browser, Page, Request

from tests.browser.test_accessible import faults
from tests.journeys.conftest import World
from tests.voting.counted import code, counted
from tests.voting.methods.bundles import TOPICS, opinions
from tests.voting.methods.elections import rules

pytestmark = pytest.mark.browser


def hold() -> list[str]:
    """A round of each kind of page; their addresses."""
    for method, ballots, more in (
        ("equal_shares", 60, {"slots": 3}), ("stv", 210, {"slots": 3}), ("schulze", 30, {}), ("approval", 9, {}),
    ):  # fmt: skip
        of = rules(method, TOPICS, **more)
        counted(of, opinions(of, ballots), slug=method, title_uk="Про що писати далі?", voided={"refunded": 1})
    return ["/rounds/", *(f"/rounds/{slug}/results/" for slug in ("equal_shares", "stv", "schulze", "approval"))]


@pytest.mark.parametrize(("width", "scheme", "language"), [(320, "dark", "uk"), (1280, "light", "en")])
def test_results_are_without_fault(browser: Browser, world: World, width: int, scheme: str, language: str) -> None:
    paths, asked = hold(), list[str]()

    def note(request: Request) -> None:
        asked.append(request.url)

    with browser.new_context(
        viewport={"width": width, "height": 720}, color_scheme=scheme, locale=language  # type: ignore[arg-type]
    ) as context:  # fmt: skip
        page, found = context.new_page(), list[str]()
        page.on("request", note)
        for path in paths:
            page.goto(world.url + path)
            found += faults(page)
        found += look_up(page, f"{world.url}/rounds/stv/results/")
    assert found == []
    assert [url for url in asked if not url.startswith(world.url) or code(7) in url] == []


def look_up(page: Page, url: str) -> list[str]:
    """Types a receipt code, presses Enter, and looks at the answer."""
    page.goto(url)
    page.locator("#code").fill(code(7))
    page.keyboard.press("Enter")
    page.locator("[role=status]").wait_for()
    return faults(page)
