"""The page of participation: what it shows of rounds, to whom, and what it keeps to itself."""

import re
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from html import unescape

import pytest
from django.test import Client

from newsroom import clock
from payments.models import Donation, LedgerEntry, Payment
from reports import rollups
from reports.figures import taking_part
from reports.models import RoundPersons
from stories.models import Story
from tests.reports.test_pages_of_figures import words
from tests.voting import world
from voting import ballots, topics
from voting.models import Round, TopicState

Staff = Callable[[str], Client]
PAGE = "/reports/participation/"


def hold(could: int, voters: int, givers: int = 0) -> Round:
    """A counted round: each voter approves of rivers, every second of roads too; givers gave 1 EUR each, once."""
    patrons = world.members(could)
    held = world.opened("rivers", "roads", slots=1)
    for number, patron in enumerate(patrons[:voters]):
        ballots.cast(held, patron, choices=["rivers", "roads"] if number % 2 else ["rivers"])
    for number, patron in enumerate(patrons[:givers]):
        gift = Donation.objects.create(
            interval="once", amount_minor=100, currency="EUR", state="given", patron=patron, email=patron.email
        )
        paid = Payment.objects.create(
            donation=gift, payment_intent=f"pi_{number}", amount_minor=100, currency="EUR", state="succeeded",
            paid_at=clock.now(),
        )  # fmt: skip
        LedgerEntry.objects.create(
            kind="payment", balance_transaction=f"txn_{number}", payment=paid, amount_minor=100, currency="EUR",
            seen_minor=100, seen_currency="EUR", occurred_at=clock.now(),
        )  # fmt: skip
    world.close(held)
    rollups.rebuild(with_own=True)
    return held


def test_the_page_says_who_voted_and_what_stands_behind_each_topic(staff: Staff) -> None:
    """22 EUR came in 22 gifts, 21 of them by voters: 21 had rivers, 10 roads, and the cent left over is rivers'."""
    hold(could=24, voters=21, givers=22)
    page = words(staff("finance").get(PAGE).content.decode())
    assert "24 21 87.5 % 0" in page.replace("\N{NO-BREAK SPACE}", " ")
    assert "Rivers 21 €14.23 Roads 10 €6.77 Unallocated €1.00 Net income €22.00" in page


def test_an_editor_sees_who_voted_and_no_money(staff: Staff) -> None:
    hold(could=24, voters=21, givers=22)
    page = words(staff("editor").get(PAGE).content.decode())
    assert "87.5" in page
    assert "€" not in page
    assert "Money behind" not in page


def test_money_that_few_gave_is_not_allocated(staff: Staff) -> None:
    """Nineteen voters gave: their sum would come near to saying who of the givers voted."""
    hold(could=24, voters=21, givers=19)
    page = words(staff("finance").get(PAGE).content.decode())
    assert "Rivers 21 – Roads 10 – Unallocated €19.00 Net income €19.00" in page


def test_where_counts_are_not_published_nothing_is_shown_behind_them(staff: Staff) -> None:
    held = hold(could=24, voters=9, givers=24)
    assert taking_part.behind(held) == ({}, [])
    assert "its counts are not published" in words(staff("finance").get(PAGE).content.decode())


@pytest.mark.parametrize(("voters", "others", "is_shown"), [(20, 20, True), (19, 20, False), (20, 19, False)])
def test_who_stays_is_told_of_groups_and_never_of_a_few(staff: Staff, voters: int, others: int, is_shown: bool) -> None:
    held = hold(could=2, voters=1)
    RoundPersons.objects.all().delete()
    for has_voted, live in ((True, voters), (False, others)):
        RoundPersons.objects.create(
            round_id=held.pk, has_voted=has_voted, is_of_opening=True, persons=30, live=live, live_90=15
        )
    page = words(staff("editor").get(PAGE).content.decode()).replace("\N{NO-BREAK SPACE}", " ")
    assert ("75.0 % 75.0 % – –" in page) is is_shown
    assert "care more to begin with" in page


def test_a_promise_is_kept_by_a_story_and_counted_after_sixty_days(staff: Staff) -> None:
    held = hold(could=3, voters=1)
    [turnout] = taking_part.turnouts()
    assert (turnout.promise.chosen, turnout.promise.published) == (1, 0)
    assert taking_part.promise([turnout]).chosen == 0
    topic = held.entries.get(topic__slug="rivers").topic
    assert topic.state == TopicState.CHOSEN
    clock.move(timedelta(days=61))
    assert taking_part.promise(taking_part.turnouts()).kept == 0
    story = Story.objects.create(url="https://newsroom.example/rivers", title="Rivers")
    for state in (TopicState.ASSIGNED, TopicState.IN_REPORTING, TopicState.PUBLISHED):
        topics.move(topic, state, story=story if state == TopicState.PUBLISHED else None)
    kept = taking_part.promise(taking_part.turnouts())
    assert (kept.kept, kept.median_days) == (Fraction(1), Fraction(61))


def test_each_count_leads_to_where_it_can_be_checked(staff: Staff) -> None:
    held = hold(could=24, voters=21)
    finance, editor = staff("finance"), staff("editor")
    results, of_round = f"/rounds/{held.slug}/results/", f"/reports/topics/?round={held.pk}"
    for browser, chosen in ((finance, f"{results}#topics"), (editor, of_round)):
        page = browser.get(PAGE).content.decode()
        for count in (24, 21, 0):
            assert f'<a href="{results}#turnout">{count}</a>' in page
        assert f'<a href="{chosen}">1</a>' in page
        assert "/reports/patrons/" not in page
    published = finance.get(results).content.decode()
    assert 'id="turnout"' in published
    assert 'id="topics"' in published
    there = words(editor.get(of_round).content.decode())
    assert "Rivers chosen" in there
    assert "Roads" not in there
    assert "Rivers" not in words(editor.get(f"{of_round}&state=published").content.decode())
    for number in ("9" * 20, "9" * 5000, "\u0661", "-1", "x"):
        assert "Roads" in words(editor.get("/reports/topics/", {"round": number}).content.decode())


def test_what_became_of_a_promise_leads_to_its_topic(staff: Staff) -> None:
    held = hold(could=3, voters=1)
    topic = held.entries.get(topic__slug="rivers").topic
    topics.move(topic, TopicState.DROPPED, reason="Nobody talks.")
    editor = staff("editor")
    [dropped] = re.findall(r'<a href="([^"]*state=dropped)">1</a>', editor.get(PAGE).content.decode())
    assert "Rivers dropped" in words(editor.get(unescape(dropped)).content.decode())
    assert '<a href="/topics/#dropped">1</a>' in staff("support").get(PAGE).content.decode()


def test_a_year_leads_to_its_rounds(staff: Staff) -> None:
    held = hold(could=24, voters=21)
    finance, year = staff("finance"), clock.day(held.closes_at).year
    assert f'<a href="?year={year}#rounds">{year}</a>' in finance.get(PAGE).content.decode()
    assert f"Rounds that closed in {year}." in words(finance.get(PAGE, {"year": str(year)}).content.decode())
    for other in (str(year - 1), "x"):
        assert "Rounds that closed" not in words(finance.get(PAGE, {"year": other}).content.decode())
