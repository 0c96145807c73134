"""The pages of topics in a real browser: without fault at any size, and similar topics shown while one types."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from members.models import Patron
from tests.browser.test_accessible import faults
from tests.browser.test_ballot import phone
from tests.journeys.conftest import World
from tests.signing_in import patron
from tests.voting import world as votes
from tests.voting.test_announcements import decided, publish
from tests.voting.test_suggestions import suggest
from voting import follows, similar, suggestions, topics

pytestmark = pytest.mark.browser


@pytest.fixture
def voter(world: World) -> Patron:
    """A member for whom every list has something in it."""
    editor, made = patron("editor@example.org", "editor", second_factor=True), votes.member("olena@example.org")
    Patron.objects.filter(pk=made.pk).update(name="Olena")
    _row, [port, road, school] = decided(
        "Who owns the river port", "Roads of the region", "School meals", voters=[made]
    )
    publish(port)
    topics.move(road, "dropped", reason="The records are sealed for thirty years, and nobody else would speak.")
    waiting = topics.make(
        actor=editor, title_en="Why trams are late in winter", title_uk="Чому трамваї взимку запізнюються",
        pitch_en="A tram waits twelve minutes on average. Who decides how many run?", plan_en="Ride with the drivers.",
    )  # fmt: skip
    suggestions.decline(
        suggest(made, "A playground"),
        actor=editor,
        answer="We wrote about it.",
        public_reason="Playgrounds were a story in May.",
    )
    suggest(made, "Дитячий майданчик", is_author_named=True)
    for topic in (school, waiting):
        follows.follow(made, topic)
    return made


@pytest.fixture
def page(browser: Browser, world: World, voter: Patron) -> Iterator[Page]:
    with phone(browser, world, voter) as found:
        yield found


def test_pages_are_without_fault_and_similar_topics_show_while_one_types(world: World, page: Page, browser: Browser):
    waiting = topics.make(actor=None, title_en="Schools without heating", title_uk="Школи без опалення")
    paths = ["/topics/", f"/topics/{waiting.slug}/", "/topics/who-owns-the-river-port/", "/account/topics/"]
    for width, scheme in ((320, "light"), (320, "dark"), (1280, "light")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its words
        for path in [*paths, "/topics/suggest/"]:
            page.goto(world.url + path)
            assert faults(page) == []
    page.set_viewport_size({"width": 320, "height": 800})
    for path in ("/topics/", "/account/", "/account/topics/"):
        page.goto(world.url + path)
        page.evaluate("document.documentElement.dir = 'rtl'")
        # What sticks out on the left of such a page can be scrolled to, and counts as much.
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
    page.goto(f"{world.url}/topics/suggest/")
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.get_by_label("What it is about").press_sequentially("Owners of our river port")
    expect(page.get_by_role("link", name="School meals")).to_have_count(0)
    expect(page.get_by_role("link", name="Schools without heating")).to_have_count(0)
    page.get_by_label("What it is about").fill("шкіл без опалення")
    expect(page.get_by_role("link", name="Schools without heating")).to_be_visible()
    assert similar.to("шкіл без опалення") == [waiting]
    assert faults(page) == []
    # What is typed leaves the browser with the form alone. (The page's own icon may come late.)
    asked = {url.removeprefix(world.url) for url in seen}
    assert {path for path in asked if not path.startswith("/static/icons/")} == {"/topics/words.json"}
    with phone(browser, world, patron("desk@example.org", "editor", second_factor=True)) as desk:
        for path in ("suggestions/", "suggestions/2/", "topics/", "topics/new/", f"topics/{waiting.pk}/"):
            desk.goto(f"{world.url}/reports/{path}")
            assert faults(desk) == []


def test_suggesting_needs_no_script(browser: Browser, world: World, voter: Patron):
    with phone(browser, world, voter, java_script_enabled=False) as page:
        page.goto(f"{world.url}/topics/suggest/")
        page.get_by_label("What it is about").fill("Trams that are late")
        page.get_by_role("button", name="Send it").click()
        expect(page.get_by_text("Is it one of these?")).to_be_visible()
        page.get_by_role("button", name="It is none of these: send mine").click()
        expect(page.get_by_text("Thank you. The newsroom reads it and answers you.")).to_be_visible()
