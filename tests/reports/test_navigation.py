"""Where one is: the item of the navigation, and the figure behind a list of rows; days, months and details in words."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client

from audit import log
from newsroom import clock
from tests.house.authorization import PAGES
from tests.reports.conftest import ten_euros
from tests.reports.places import NO_PAGES, STAFF, rows_to_look_at
from tests.signing_in import at_once, patron

Staff = Callable[[str], Client]


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def current(page: str) -> list[tuple[str, str]]:
    """What the navigation at the head of a page marks, as address and mark."""
    head = page[page.index("<header") : page.index("</header>")]
    return re.findall(r'<a href="([^"]*)" aria-current="([^"]*)">', head)


def test_every_page_of_staff_is_marked_in_the_navigation_once(db: None) -> None:
    who = patron("eve@newsroom.example", "admin", second_factor=True)
    places, admin = rows_to_look_at(who), at_once(who)
    routes = {route.removeprefix("reports/") for route in PAGES if route.startswith("reports/")} - NO_PAGES
    pages = {route: STAFF.get(route, route).format(**places) for route in sorted(routes)}
    marked = {path: current(admin.get(f"/reports/{path}").content.decode()) for path in pages.values()}
    assert [path for path, found in marked.items() if len(found) != 1] == []
    assert marked["retention/"] == marked["rates/"] == [("/reports/", "true")]
    assert marked[""] == [("/reports/", "page")]
    assert marked["people/"] == [("/reports/people/", "page")]
    assert marked[pages["patrons/<int:pk>/"]] == [("/reports/people/", "true")]
    assert marked[pages["wording/<str:name>/<str:language>/"]] == [("/reports/letters/", "true")]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("movements/?month=2025-10&currency=EUR&kind=new", "new · EUR · October 2025"),
        ("movements/?month=2025-10", "all movements · all currencies · October 2025"),
        (
            "lines/?first=2025-10-01&last=2025-10-31&currency=UAH&kind=payment&seen=on",
            "payment · UAH · as the givers saw it · 1 October 2025 – 31 October 2025",
        ),
        (
            "lines/?first=2025-10-05&last=2025-10-05&source=offline",
            "all lines · all currencies · as it settled · bank transfer or cash · 5 October 2025",
        ),
    ],
)
def test_rows_say_of_which_figure_they_are_and_lead_back_to_it(staff: Staff, path: str, says: str) -> None:
    page = staff("finance").get(f"/reports/rows/{path}").content.decode()
    assert says in words(page)
    assert "What this means" in words(page)
    assert '<p class="crumb"><a href="/reports/?month=2025-10">October 2025</a></p>' in page


def test_details_of_the_log_are_lists_of_words(staff: Staff, db: None) -> None:
    log.record(None, "round.topics", target="round:7", topics=["port", "river"], is_new=True, none=[])
    page = words(staff("admin").get("/reports/log/").content.decode())
    for told in ("topics: port, river", "is_new: yes", "none: –"):
        assert told in page


def test_days_and_months_are_written_in_the_language_of_the_page(staff: Staff, db: None) -> None:
    ten_euros()
    today = clock.today()
    page = staff("finance").get("/reports/payments/", headers={"Accept-Language": "uk"}).content.decode()
    assert f"{today.day}\N{NO-BREAK SPACE}" in page
    assert f"{today:%Y-%m-%d}" not in page
