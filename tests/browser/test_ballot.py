"""The ballot in a real browser: by touch, by keyboard alone, and without a script on the narrowest phone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from members.models import Patron
from newsroom import clock
from tests.browser.test_accessible import faults
from tests.browser.test_account import reach
from tests.journeys.conftest import World
from tests.signing_in import at_once
from tests.voting import world as votes
from voting import ballots
from voting.models import Round

pytestmark = pytest.mark.browser
FIVE = ("rivers", "roads", "schools", "courts", "mines")
RANKING: dict[str, Any] = {"method": "irv", "ballot": "ranking", "publish_ballots": 200, "most": 3}
POINTS: dict[str, Any] = {"method": "points", "ballot": "points", "publish_ballots": 200, "most": 5, "total": 10}


@pytest.fixture
def voter(world: World) -> Patron:
    return votes.member("olena@example.org")


@contextmanager
def phone(browser: Browser, world: World, who: Patron | None, **options: Any) -> Iterator[Page]:
    """A phone of 320 px, signed in."""
    settings: dict[str, Any] = {"viewport": {"width": 320, "height": 640}, "locale": "en-GB"}
    with browser.new_context(**(settings | options)) as context:
        if who:
            key = at_once(who).cookies["session"].value
            context.add_cookies([{"name": "session", "value": key, "url": world.url}])
        yield context.new_page()


def kept(page: Page) -> int:
    """How many drafts this window keeps; asked once the page's scripts have run."""
    page.wait_for_load_state("load")
    return int(page.evaluate("Object.keys(sessionStorage).length"))


def test_approving_says_what_to_drop_keeps_what_is_unsent_and_forgets_what_is_cast(
    browser: Browser, world: World, voter: Patron
) -> None:
    spring = votes.opened(*FIVE)
    with phone(browser, world, voter) as page:
        page.goto(f"{world.url}/rounds/spring/")
        for name in ("Rivers", "Roads", "Schools", "Mines"):
            page.get_by_role("checkbox", name=name).check()
        expect(page.get_by_role("status").filter(has_text="4 of 3 chosen")).to_be_visible()
        page.get_by_role("button", name="Roads ×").click()
        expect(page.get_by_text("3 of 3 chosen")).to_be_visible()
        expect(page.get_by_role("button", name="Cast ballot")).to_be_focused()
        # The bar never covers what has the focus.
        page.get_by_role("checkbox", name="Rivers").focus()

        asked: list[str] = []

        def leave(dialog: Dialog) -> None:
            asked.append(dialog.type)
            dialog.accept()

        page.on("dialog", leave)
        page.goto(f"{world.url}/rounds/spring/")
        assert asked == ["beforeunload"]
        expect(page.get_by_text("Your unsent choices are back.")).to_be_visible()
        expect(page.get_by_role("checkbox", name="Mines")).to_be_checked()
        expect(page.get_by_role("checkbox", name="Roads")).not_to_be_checked()
        page.get_by_role("button", name="Cast ballot").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your ballot is in")
        assert kept(page) == 0
        with page.expect_download() as download:
            page.get_by_role("link", name="Save as a file").click()
        code = page.locator(".code").inner_text()
        assert code in download.value.path().read_text()
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your changed ballot is in")
        page.get_by_role("link", name="Change it").click()
        expect(page.get_by_text("It says what is marked below.")).to_be_visible()
        page.get_by_role("checkbox", name="Mines").uncheck()
        assert kept(page) == 1
        page.goto(f"{world.url}/account/")
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url(f"{world.url}/")
        assert kept(page) == 0
    assert ballots.choices_of(spring, voter) == ["mines", "rivers", "schools"]


def test_a_long_ballot_can_be_searched_and_what_is_chosen_stays_in_sight(
    browser: Browser, world: World, voter: Patron
) -> None:
    votes.opened(*(f"topic-{number}" for number in range(15)), "rivers")
    with phone(browser, world, voter) as page:
        page.goto(f"{world.url}/rounds/spring/")
        page.get_by_role("checkbox", name="Topic-7").check()
        page.get_by_label("Find a topic").fill("RIV")
        expect(page.get_by_role("checkbox")).to_have_count(2)
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Cast ballot")).to_be_visible()
        assert faults(page) == []


def test_ranking_by_keyboard_alone(browser: Browser, world: World, voter: Patron) -> None:
    spring = votes.opened(*FIVE, **RANKING)
    with phone(browser, world, voter) as page:
        page.goto(f"{world.url}/rounds/spring/")
        names = page.locator(".topic h3").all_inner_texts()
        first, second = names[0], names[1]
        reach(page, "Rank next")
        page.keyboard.press("Enter")
        # The button is gone, and the focus went to the next one on the same card.
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") == f"Up: {first}"
        expect(page.locator(".moved")).to_have_text(f"{first}: 1st")
        reach(page, "Rank next")
        page.keyboard.press("Space")
        expect(page.locator(".moved")).to_have_text(f"{second}: 2nd")
        page.keyboard.press("Enter")
        expect(page.locator(".moved")).to_have_text(f"{second}: 1st")
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") == f"Up: {second}"
        page.keyboard.press("Enter")  # at the top already: nothing happens, and the focus stays
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") == f"Up: {second}"
        assert page.locator(".topic h3").all_inner_texts()[:2] == [f"1\n{second}", f"2\n{first}"]
        page.get_by_label(f"Place: {names[4]}").focus()
        page.keyboard.press("1")
        expect(page.locator(".moved")).to_have_text(f"{names[4]}: 1st")
        reach(page, "Cast ballot")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Your ballot is in")
    said = [names[4], second, first]
    assert ballots.choices_of(spring, voter) == [[name.lower()] for name in said]


def test_without_a_script_on_the_narrowest_phone(browser: Browser, world: World, voter: Patron) -> None:
    spring = votes.opened(*FIVE)
    with phone(browser, world, voter, java_script_enabled=False) as page:
        page.goto(f"{world.url}/rounds/spring/")
        page.get_by_role("button", name="Cast ballot").click()
        page.get_by_text("Choose something").click()
        for name in ("Rivers", "Roads", "Schools", "Mines"):
            page.get_by_role("checkbox", name=name).check()
        page.get_by_role("button", name="Cast ballot").click()
        page.get_by_role("link", name="Drop one of").click()
        for name in ("Rivers", "Roads", "Schools"):
            expect(page.get_by_role("checkbox", name=name)).to_be_checked()
        page.get_by_role("checkbox", name="Roads").uncheck()
        page.get_by_role("button", name="Cast ballot").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your ballot is in")
    assert ballots.choices_of(spring, voter) == ["mines", "rivers", "schools"]


def test_ranking_and_points_without_a_script(browser: Browser, world: World, voter: Patron) -> None:
    ranked = votes.opened(*FIVE, **RANKING)
    given = votes.opened("lakes", "parks", "trams", slug="points", **POINTS)
    with phone(browser, world, voter, java_script_enabled=False) as page:
        page.goto(f"{world.url}/rounds/spring/")
        for name in ("Mines", "Roads"):
            page.get_by_label(f"Place: {name}").select_option("1")
        page.get_by_role("button", name="Cast ballot").click()
        expect(page.get_by_text("Two topics have the same place.")).to_be_visible()
        page.get_by_label("Place: Roads").select_option("2")
        page.get_by_role("button", name="Cast ballot").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your ballot is in")
        page.goto(f"{world.url}/rounds/points/")
        for name in ("Lakes", "Parks", "Trams"):
            page.get_by_label(f"Points: {name}").fill("4")
        page.get_by_role("button", name="Cast ballot").click()
        expect(page.get_by_text("take 2 back")).to_be_visible()
        page.get_by_label("Points: Trams").fill("2")
        page.get_by_role("button", name="Cast ballot").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your ballot is in")
    assert ballots.choices_of(ranked, voter) == [["mines"], ["roads"]]
    assert ballots.choices_of(given, voter) == {"lakes": 4, "parks": 4, "trams": 2}


@pytest.mark.parametrize(("width", "language", "scheme"), [(1280, "en", "light"), (320, "uk", "dark")])
def test_every_state_of_a_round_is_without_fault(
    browser: Browser, world: World, voter: Patron, width: int, language: str, scheme: str
) -> None:
    looks: Any = {"locale": language, "color_scheme": scheme, "viewport": {"width": width, "height": 720}}
    now = clock.now()
    lasts = {"closes_at": now + timedelta(days=7)}
    votes.opened(*FIVE, offers_none=True, **lasts)
    for number, rules in enumerate((RANKING, POINTS)):
        votes.opened(*(f"{slug}-{number}" for slug in FIVE), slug=rules["ballot"], **rules, **lasts)
    short = votes.opened("lakes", slug="short", closes_at=now + timedelta(days=1))
    found = []
    with phone(browser, world, voter, **looks) as page:
        page.on("pageerror", lambda error: found.append(str(error)))
        page.goto(f"{world.url}/rounds/spring/")
        found += faults(page)
        page.locator(".bar > button").click()  # blank: asked for
        found += faults(page)
        for box in page.get_by_role("checkbox").all():
            box.check()
        found += faults(page)
        page.locator(".bar > button").click()
        found += faults(page)
        page.goto(f"{world.url}/rounds/ranking/")
        page.locator(".topic").nth(2).get_by_role("button").first.click()
        found += faults(page)
        page.goto(f"{world.url}/rounds/points/")
        page.locator(".topic").nth(1).get_by_role("button").last.click()
        found += faults(page)
        page.locator(".bar > button").click()
        page.locator(".receipt").wait_for()
        found += faults(page)
    with phone(browser, world, None, **looks) as page:
        page.goto(f"{world.url}/rounds/spring/")
        for summary in page.locator("summary").all():
            summary.click()
        found += faults(page)
    _wait_for(short)
    with phone(browser, world, voter, **looks) as page:
        page.goto(f"{world.url}/rounds/short/")
        found += faults(page)
    assert found == []


def _wait_for(short: Round) -> None:
    clock.move(short.closes_at - clock.now() + timedelta(seconds=1))


def test_the_staff_s_pages_of_rounds_are_without_fault(browser: Browser, world: World, voter: Patron) -> None:
    spring = votes.opened(*FIVE, slots=None, budget=9, method="equal_shares")
    draft = votes.draft("lakes", "parks", slug="autumn")
    voter.role = "editor"
    voter.save()
    found = []
    with phone(browser, world, voter) as page:
        for path in ("", "draft/", f"{draft.pk}/", f"{draft.pk}/topics/", f"{spring.pk}/", f"{spring.pk}/preview/"):
            page.goto(f"{world.url}/reports/rounds/{path}")
            assert page.locator("h1").count() == 1
            found += faults(page)
    assert found == []
