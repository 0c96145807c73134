"""Figures of persons and of the monthly sum open into rows that add up to them, over random pasts."""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from fractions import Fraction
from html import unescape
from urllib.parse import parse_qs, urlsplit

from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports import rollups
from reports.figures import monthly, months, persons
from reports.models.movement import ENDINGS
from tests.reports.histories import pasts
from tests.reports.model import History

# `BEHIND_EXAMPLES=300` for as many pasts as one likes.
EXAMPLES = int(os.environ.get("BEHIND_EXAMPLES", "20"))
LINK = re.compile(r'href="(/reports/rows/(?:movements|persons|pauses|years)/[^"]*)"')
OF_PERSONS = ("new", "came", "came_went", "ended_paused", "paused", "raised", "lowered", *ENDINGS)


class Undone(Exception):
    """Takes a past back."""


@given(past=pasts(), place=st.integers(0, 100))
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES <= 20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
def test_rows_add_up_to_their_figure(staff: Callable[[str], Client], past: Callable[[], History], place: int) -> None:
    with suppress(Undone), transaction.atomic():
        finance, history = staff("finance"), past()
        rollups.rebuild(with_own=True)
        touched = sorted({min(history.month(one.at), months.this()) for one in history.happened})
        if touched:
            month = touched[place % len(touched)]
            payer = (0, *persons.PAYERS)[place % 3]
            opened = links(finance, month, payer)
            assert {link for link in opened if link_month(link) == month} == expected(month, payer)
            for link in opened:
                adds_up(finance, link)
        raise Undone


Link = tuple[str, tuple[tuple[str, str], ...]]


def links(browser: Client, month: date, payer: int) -> set[Link]:
    """All that lead from the two pages of a month to rows: which rows, and what is asked of them."""
    asked = {"month": f"{month:%Y-%m}", "payer": str(payer)}
    pages = (browser.get(path, asked) for path in ("/reports/", "/reports/retention/"))
    found = [urlsplit(unescape(link)) for page in pages for link in LINK.findall(page.content.decode())]
    return {(one.path, tuple(sorted((name, said[0]) for name, said in parse_qs(one.query).items()))) for one in found}


def link_month(link: Link) -> date:
    return date.fromisoformat(dict(link[1])["month"] + "-01")


def expected(month: date, cohorts_of: int) -> set[Link]:
    """Every figure of a month that is not nothing opens into its rows; cohorts are those of one kind of payer."""
    name, found = f"{month:%Y-%m}", set[Link]()
    for step in (step for steps in monthly.steps(month).values() for step in steps if step.month == month):
        for kind in (str(kind) for kind, delta in step.moved.items() if delta):
            asked = {"month": name, "currency": step.currency, "kind": kind}
            found.add(("/reports/rows/movements/", tuple(sorted(asked.items()))))
        found |= live(step.givers, month, currency=step.currency)
    for payer, crowds in persons.crowds(month).items():
        crowd = next(crowd for crowd in crowds if crowd.month == month)
        outcomes = ["left"] if payer else ["left", *OF_PERSONS]
        for outcome in (str(outcome) for outcome in outcomes if counted(crowd, outcome)):
            asked = {"month": name, "outcome": outcome} | ({"payer": str(payer)} if payer else {})
            found.add(("/reports/rows/persons/", tuple(sorted(asked.items()))))
        found |= set() if payer else live(crowd.closing, month)
    whose = {"payer": str(cohorts_of)} if cohorts_of else {}
    shown = [cohort for cohort in persons.cohorts(month, cohorts_of)[-25:] if len(cohort.live) <= 25]
    for cohort in shown:
        found |= live(cohort.live[-1], month, cohort=f"{cohort.month:%Y-%m}", **whose)
        if cohort.month == month:
            found.add(("/reports/rows/persons/", tuple(sorted({"month": name, "outcome": "new", **whose}.items()))))
    if month in persons.pauses(month, month) and months.age(month, months.this()) > 1:
        found.add(("/reports/rows/pauses/", (("month", name),)))
    if month in persons.renewals(month, month) and months.age(month, months.this()) > 1:
        found.add(("/reports/rows/years/", (("month", name),)))
    return found


def live(count: int, month: date, **more: str) -> set[Link]:
    """Those who are live at its end, unless nobody is."""
    asked = {"month": f"{month:%Y-%m}", "outcome": "live"} | more
    return {("/reports/rows/persons/", tuple(sorted(asked.items())))} if count else set()


def counted(crowd: persons.Crowd, outcome: str) -> int:
    return crowd.left if outcome == "left" else crowd.counts.get(outcome, 0)


def adds_up(browser: Client, link: Link) -> None:
    path, asked = link[0], dict(link[1])
    month, rows = link_month(link), browser.get(path, asked).context["rows"]
    if path.endswith("pauses/"):
        assert persons.pauses(month, month)[month] == (len(rows), sum(row.has_resumed for row in rows))
    elif path.endswith("years/"):
        assert persons.renewals(month, month)[month] == (len(rows), sum(row.is_renewed for row in rows))
    elif asked.get("outcome") == "live":
        assert len({row.patron_id for row in rows}) == len(rows)
        assert len(rows) == standing(month, asked)
    elif path.endswith("persons/"):
        payer = int(asked.get("payer", 0))
        crowd = next(crowd for crowd in persons.crowds(month)[payer] if crowd.month == month)
        assert sum(row.persons for row in rows) == counted(crowd, asked["outcome"])
        assert len({row.patron_id for row in rows}) == len(rows)
    else:
        step = next(step for step in monthly.steps(month)[asked["currency"]] if step.month == month)
        assert sum((row.monthly for row in rows), Fraction(0)) == step.moved[asked["kind"]]
        are_netted = asked["kind"] in {"expansion", "contraction"}
        assert step.changes[asked["kind"]] == (len({row.patron_id for row in rows}) if are_netted else len(rows))


def standing(month: date, asked: dict[str, str]) -> int:
    """The figure of those who are live at a month's end: by currency, of a cohort, or of all."""
    if "currency" in asked:
        return next(step.givers for step in monthly.steps(month)[asked["currency"]] if step.month == month)
    if "cohort" in asked:
        cohorts = persons.cohorts(month, int(asked.get("payer", 0)))
        return next(one.live[-1] for one in cohorts if f"{one.month:%Y-%m}" == asked["cohort"])
    return next(crowd.closing for crowd in persons.crowds(month)[0] if crowd.month == month)
