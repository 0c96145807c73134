"""Where patrons come from opens into gifts and persons that add up to each count and sum."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from fractions import Fraction
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asks.models import Ask, Origin
from members import memberships
from members.memberships import Facts
from newsroom import clock
from payments.models import Donation
from reports import rollups
from reports.figures import coming, months
from reports.models import OriginMonth, OriginRow, parts
from stories.models import Story
from tests.payments import rows
from tests.reports.histories import pasts
from tests.reports.model import History
from tests.reports.test_pages_of_figures import words

Staff = Callable[[str], Client]
# `BEHIND_EXAMPLES=300` for as many pasts as one likes.
EXAMPLES = int(os.environ.get("BEHIND_EXAMPLES", "20"))
PAGE, ROWS = "/reports/origins/", "/reports/rows/origins/"
LINK = re.compile(rf'href="({ROWS}[^"]*)"')
WAYS = [(part, rule) for part in coming.PARTS for rule in coming.Rule.values]
LONG_AGO = date(2023, 1, 1)


class Undone(Exception):
    """Takes a past back."""


@given(past=pasts(), place=st.integers(0, 100))
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES <= 20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
def test_rows_add_up_to_their_figure(staff: Staff, past: Callable[[], History], place: int) -> None:
    with suppress(Undone), transaction.atomic():
        finance, history = staff("finance"), past()
        story, ask = Story.objects.create(url="https://news.example/war"), Ask.objects.create(slug="war", title="War")
        Origin.objects.filter(campaign="war").update(story=story, ask=ask)
        Origin.objects.filter(campaign="spring").update(ask=ask)
        rollups.rebuild(with_own=True)
        this = months.this()
        touched = sorted({LONG_AGO, *(min(history.month(one.at), this) for one in history.happened)})
        first = touched[place % len(touched)]
        last = (this, min(months.after(first, 2), this))[place % 2]
        every: dict[Link, Figure] = {}
        for part, rule in WAYS:
            asked = {"first": f"{first:%Y-%m}", "last": f"{last:%Y-%m}", "by": part, "rule": rule}
            figures, page = dict(told(first, last, part, rule)), finance.get(PAGE, asked).content.decode()
            assert {link(unescape(found)) for found in LINK.findall(page)} == figures.keys()
            every |= figures
        for where, figure in every.items():
            adds_up(finance, where, figure)
        raise Undone


Link = tuple[tuple[str, str], ...]
Figure = int | Fraction


def link(address: str) -> Link:
    """What an address asks for."""
    return tuple(sorted(parse_qsl(urlsplit(address).query)))


def told(first: date, last: date, part: str, rule: str) -> Iterator[tuple[Link, Figure]]:
    """Every figure of the page that is not nothing, and what its link asks for."""
    for source in coming.sources(first, last, part, rule):
        yield from figures_of(source, first, last, rule=rule, by=part, source=source.name)
    for back in {0, months.age(first, last) + 1, 12}:
        if months.after(first, -back) >= months.FIRST:
            span = months.after(first, -back), months.after(last, -back)
            yield from figures_of(coming.together(*span, rule), *span, rule=rule)


def figures_of(source: coming.Source, first: date, last: date, /, **asked: str) -> Iterator[tuple[Link, Figure]]:
    found: list[tuple[str, str, Figure]] = [
        ("started", "", source.started), ("joined", "", source.joined), ("old", "", source.old_enough)
    ]  # fmt: skip
    for currency, brought, kept in source.sums:
        found += [("joined", currency, brought), ("kept", currency, kept)]
    for what, currency, figure in found:
        said = asked | {"first": f"{first:%Y-%m}", "last": f"{last:%Y-%m}", "what": what, "currency": currency}
        if figure:
            yield tuple(sorted((name, word) for name, word in said.items() if word)), figure


def adds_up(browser: Client, where: Link, figure: Figure) -> None:
    asked = dict(where)
    found = browser.get(ROWS, asked).context["rows"]
    whose = [row.donation_id if asked["what"] == "started" else row.patron_id for row in found]
    assert None not in whose
    assert len(set(whose)) == len(found)
    assert figure == (sum((row.monthly for row in found), Fraction(0)) if "currency" in asked else len(found))


@pytest.fixture
def joined(db: None) -> date:
    """Olena began two gifts from an ask in an article: one was never paid, with the other she joined 5 months ago."""
    month = months.after(months.this(), -5)
    at = clock.start_of(month) + timedelta(days=9)
    story, ask = Story.objects.create(url="https://news.example/port"), Ask.objects.create(slug="port", title="Port")
    came = Origin.objects.create(story=story, ask=ask, campaign="spring")
    gift = rows.monthly(origin=came, checkout_session="cs_1", created_at=at)
    assert gift.patron
    until = at.date() + timedelta(90)
    facts = Facts(amount_minor=500, currency="EUR", interval_months=1, first_paid_at=at, paid_through=until)
    gift.membership = memberships.start(gift.patron, facts)
    gift.save()
    rows.payment(gift, paid_at=at)
    Donation.objects.create(
        interval="once", amount_minor=2500, currency="GBP", state="abandoned", origin=came, email="olena@example.org"
    )
    rollups.rebuild(with_own=True)
    return month


def test_a_gift_that_was_begun_leads_to_its_payments_and_its_patron(staff: Staff, joined: date) -> None:
    finance = staff("finance")
    page = finance.get(PAGE, {"by": "story"}).content.decode()
    gifts = finance.get(unescape(next(found for found in LINK.findall(page) if "started" in found))).content.decode()
    assert re.findall(r'href="/reports/(payments|patrons)/\d+/"', gifts) == ["payments", "patrons"]
    assert "https://news.example/port" in gifts
    assert "monthly running" in words(gifts)
    assert "once not completed – –" in words(gifts)
    assert "olena@example.org" not in gifts
    [back] = re.findall(rf'class="crumb"><a href="({PAGE}[^"]*)"', gifts)
    assert "Port" in finance.get(unescape(back).replace("by=story", "by=ask")).content.decode()


def test_who_joined_is_a_number_and_a_monthly_sum(staff: Staff, joined: date) -> None:
    finance = staff("finance")
    asked = {"first": f"{joined:%Y-%m}", "last": f"{joined:%Y-%m}", "by": "campaign", "source": "spring"}
    for rule in coming.Rule.values:
        for what in ("joined", "old", "kept"):
            page = finance.get(ROWS, asked | {"rule": rule, "what": what}).content.decode()
            assert re.search(rf"Patron Joined in A month \d+ {joined:%B %Y} €5.00", words(page)), (rule, what)
            assert "olena@example.org" not in page
    assert "None." in words(finance.get(ROWS, asked | {"source": "", "rule": "first", "what": "kept"}).content.decode())


def test_an_editor_sees_counts_that_lead_nowhere(staff: Staff, joined: date) -> None:
    page = staff("editor").get(PAGE).content.decode()
    assert "https://news.example/port 2 1" in words(page)
    assert "/reports/rows/" not in page


def test_what_came_stands_beside_the_span_before_and_the_year_before(staff: Staff, db: None) -> None:
    for back, started, brought in ((0, 8, 300), (2, 4, 200), (12, 2, 100)):
        for rule in coming.Rule.values:
            OriginMonth.objects.create(
                month=months.after(months.this(), -back), rule=rule, currency="EUR", started=started,
                joined=started // 2, joined_monthly_parts=parts.of(brought, 1), old_enough=0, kept_monthly_parts=0,
            )  # fmt: skip
    finance, first, last = staff("finance"), months.after(months.this(), -1), months.this()
    page = finance.get(PAGE, {"first": f"{first:%Y-%m}", "last": f"{last:%Y-%m}"}).content.decode()
    said = words(page).replace("\N{NO-BREAK SPACE}", " ")
    told = "Together 8 4 50.0 % €3.00 0 – Span before 4 2 50.0 % €2.00 0 – Year before 2 1 50.0 % €1.00 0 –"
    assert told in said
    before = re.findall(r'<a href="(\?first=[^"]*)">Span before</a>', page)
    assert "Together 4 2 50.0 %" in words(finance.get(PAGE + unescape(before[0])).content.decode()).replace("\xa0", " ")
    year = {"first": f"{months.after(last, -11):%Y-%m}", "last": f"{last:%Y-%m}"}
    of_a_year = words(finance.get(PAGE, year).content.decode())
    assert "Span before" not in of_a_year  # that is the year before
    assert "Year before 2 1" in of_a_year


@pytest.mark.parametrize("source", ["", "17"])
def test_they_are_listed_a_hundred_at_a_time(staff: Staff, db: None, source: str) -> None:
    Story.objects.create(pk=17, url="https://news.example/port")
    shown = [date(2026, 4, 1), date(2026, 5, 1)]
    facts = {"what": "joined", "rule": "first", "ask_id": 0, "currency": "EUR", "monthly_parts": 1, "is_old": True}
    OriginRow.objects.bulk_create(
        OriginRow(month=shown[place % 2], story_id=story, patron_id=1000 * story + 1000 + place, **facts)
        for place in range(130)
        for story in (0, 17)
    )
    finance, first = staff("finance"), 1000 * int(source or 0) + 1000
    asked = f"?first=2026-04&last=2026-05&by=story&source={source}&rule=first&what=old"
    page = finance.get(ROWS + asked).content.decode()
    more = unescape(re.findall(r'rel="next" href="([^"]*)"', page)[0])
    rest = finance.get(ROWS + more).content.decode()
    seen = [list(map(int, re.findall(r"/reports/patrons/(\d+)/", one))) for one in (page, rest)]
    assert [len(one) for one in seen] == [100, 30]
    assert seen[0] + seen[1] == [*range(first, first + 130, 2), *range(first + 1, first + 130, 2)]
    assert 'rel="next"' not in rest


GOOD = "first=2026-01&last=2026-02&by=story&rule=first&what=kept"


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("", "What is counted: "),
        (GOOD.replace("kept", "lost"), "What is counted: "),
        (GOOD.replace("first&what", "mine&what"), "Rule: "),
        (GOOD.replace("story", "person"), "By: "),
        (f"{GOOD}&source=17", "There is no such story, ask or campaign."),
        (f"{GOOD}&source=99999999999999999999999", "There is no such story, ask or campaign."),
        (f"{GOOD}&source=x", "There is no such story, ask or campaign."),
        (f"{GOOD.replace('story', 'campaign')}&source=x", "There is no such story, ask or campaign."),
        (f"{GOOD.replace('story', '')}&source=17", "There is no such story, ask or campaign."),
        (f"{GOOD}&currency=euro", "Currency: "),
        (f"{GOOD}&after=-1", "Go on after: "),
        (GOOD.replace("2026-02", "2025-12"), "The last month comes before the first."),
        (GOOD.replace("2026-02", "2026-13"), "Write a month like 2026-10."),
    ],
)
def test_rows_of_nothing_are_refused_in_words(staff: Staff, asked: str, says: str) -> None:
    answer = staff("finance").get(f"{ROWS}?{asked}")
    assert answer.status_code == 400
    assert says in words(answer.content.decode())
