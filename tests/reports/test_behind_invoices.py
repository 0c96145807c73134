"""Figures of invoices, of what is at risk and of who does not give open into the rows that they count."""

import os
import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from html import unescape
from itertools import count
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from members import grants
from members.grants import Grant
from members.models import Membership
from members.models.granted import GrantKind
from newsroom import clock
from payments import wording
from payments.models import Invoice
from reports import rollups
from reports.figures import failing, months, persons
from reports.models import ExposedMembership
from tests.payments import rows
from tests.reports import model, model_of_the_night
from tests.reports.givings import FIRST_NUMBER, More, terms
from tests.reports.histories import Past, invoices, pasts
from tests.reports.model import Due, History
from tests.reports.test_behind import adds_up, expected, links
from tests.reports.test_pages_of_figures import words
from tests.signing_in import patron

# `BEHIND_EXAMPLES=300` for as many pasts as one likes.
EXAMPLES = int(os.environ.get("BEHIND_EXAMPLES", "20"))
LINK = re.compile(r'<a href="(/reports/rows/(?:invoices|memberships)/[^"]*)">([\d,]+)</a>')
WAYS = ("retry", "card", "giver", "outside", "unknown", "nothing")
Staff = Callable[[str], Client]
Asked = tuple[tuple[str, str], ...]
several = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES <= 20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


class Undone(Exception):
    """Takes a past back."""


@st.composite
def failures(draw: st.DrawFn) -> list[Due]:
    """Invoices that failed, of persons of whom the past does not tell; without them there would be little to open."""
    persons_ = range(100, 100 + draw(st.integers(1, 4)))
    return [draw(invoices(person).filter(lambda due: due.failed_at is not None)) for person in persons_]


@given(past=pasts(), failed=failures(), place=st.integers(0, 100))
@several
def test_invoices_and_memberships_are_those_of_their_figure(
    staff: Staff, past: Callable[[], History], failed: list[Due], place: int
) -> None:
    with suppress(Undone), transaction.atomic():
        finance, history = staff("finance"), past()
        for number, due in enumerate(failed, 9000):
            Past(history).bill(number, due)
        rollups.rebuild(with_own=True)
        touched = sorted({months.after(history.month(due.failed_at or due.at), by) for due in failed for by in (0, 11)})
        month = touched[place % len(touched)]
        page = finance.get("/reports/failed/", {"month": f"{month:%Y-%m}"}).content.decode()
        opened = {(path, asked): int(said.replace(",", "")) for path, asked, said in _links(page)}
        assert set(opened) == {*_of_invoices(month), *_of_risks()}
        assert any(dict(asked)["what"] == "first_failed" for _, asked in opened)
        for (path, asked), said in opened.items():
            found = finance.get(path, dict(asked)).context["rows"]
            assert len(found) == said, asked
            if path.endswith("invoices/"):
                have = Counter((row.created_at, row.amount_due_minor, row.currency) for row in found)
                assert have == Counter(_wanted(history, dict(asked))), asked
            else:
                _is_the_part(found, dict(asked))
        raise Undone


def _links(page: str) -> list[tuple[str, Asked, str]]:
    """The path of each, what is asked, and the count that it stands on."""
    found = [(urlsplit(unescape(link)), said) for link, said in LINK.findall(page)]
    return [(one.path, _asked({name: x[0] for name, x in parse_qs(one.query).items()}), said) for one, said in found]


def _asked(words_: dict[str, str]) -> Asked:
    return tuple(sorted((name, word) for name, word in words_.items() if word))


def _of_invoices(month: date) -> set[tuple[str, Asked]]:
    """Every count on the page that is not nothing."""
    first, path, found = months.after(month, -12), "/reports/rows/invoices/", list[dict[str, str]]()
    for rate in failing.rates(first, month):
        for what in (what for what, number in (("due", rate.due), ("failed", rate.failed)) if number):
            here = {"what": what, "month": f"{rate.month:%Y-%m}"}
            found += [here, here | {"currency": rate.currency}]
            found.append({"what": what, "month": f"{month:%Y-%m}", "year": "on", "currency": rate.currency})
    for then, _currency, code, by in failing.recoveries(first, month):
        whens = [{"month": f"{then:%Y-%m}"}]
        if then + timedelta(days=31 + 30) < clock.today():
            whens.append({"month": f"{month:%Y-%m}", "year": "on"})
        for when in whens:
            causes = [wording.cause(code)] if "year" in when else [wording.cause(code), ""]
            ways = ("", by or "nothing")
            found += [{"what": "first_failed", "cause": c, "by": way} | when for c in causes for way in ways]
    return {(path, _asked(one)) for one in found}


def _of_risks() -> set[tuple[str, Asked]]:
    asked = ({"what": what, "currency": currency} for currency, part in failing.exposure().items() for what in part)
    return {("/reports/rows/memberships/", _asked(one)) for one in asked}


def _wanted(history: History, asked: dict[str, str]) -> list[tuple[datetime, int, str]]:
    """The invoices that the model knows under it."""
    last = date.fromisoformat(f"{asked['month']}-01")
    first = months.after(last, -12) if "year" in asked else last
    begins, ends = history.starts(first), history.starts(model.following(last))
    here = history.invoices
    if asked["what"] == "first_failed":
        here = [due for due in here if due.failed_at and begins <= due.failed_at < ends]
        here = [due for due in here if asked.get("by") in {None, _way(due)}]
        here = [due for due in here if asked.get("cause") in {None, wording.cause(due.cause)}]
    else:
        here = [due for due in here if begins <= due.at < ends and (due.failed_at or asked["what"] == "due")]
    return [(due.at, due.amount, due.currency) for due in here if asked.get("currency") in {None, due.currency}]


def _way(due: Due) -> str:
    assert due.failed_at
    is_mended = due.paid_at is not None and due.paid_at <= due.failed_at + timedelta(days=30)
    return due.by if is_mended else "nothing"


def _is_the_part(found: list[ExposedMembership], asked: dict[str, str]) -> None:
    monthly, people = failing.exposure()[asked["currency"]][asked["what"]]
    sums = [row.monthly for row in found]
    assert sum(sums, Fraction(0)) == monthly
    assert sums == sorted(sums, reverse=True)
    assert len({row.patron_id for row in found}) == people


def test_causes_of_a_year_open_into_the_months_whose_30_days_are_over(staff: Staff, db: None) -> None:
    gift, this = rows.monthly(), months.this()
    for ago in (0, 3, 4):
        at = clock.start_of(months.after(this, -ago))
        rows.invoice(gift, stripe_id=f"in_{ago}", created_at=at, first_failed_at=at)
    rollups.rebuild(with_own=True)
    finance = staff("finance")
    found = _links(finance.get("/reports/failed/").content.decode())
    opened = {(path, asked): said for path, asked, said in found if dict(asked).get("cause") and "year" in dict(asked)}
    assert {(dict(asked).get("by"), said) for (_, asked), said in opened.items()} == {(None, "2"), ("nothing", "2")}
    for path, asked in opened:
        assert [row.stripe_id for row in finance.get(path, dict(asked)).context["rows"]] == ["in_4", "in_3"]


@st.composite
def paid_years(draw: st.DrawFn) -> More:
    """A paid year, or other terms, with its payment and what went back of it."""
    return More(draw(terms(0, count(FIRST_NUMBER))))


@given(past=paid_years())
@several
def test_years_that_ended_open_into_their_invoices(staff: Staff, past: More) -> None:
    with suppress(Undone), transaction.atomic():
        finance, history = staff("finance"), History(ZoneInfo("Europe/Kyiv"))
        past.write(history)
        ended = model_of_the_night.renewals(history, clock.now())
        assume(ended)
        rollups.rebuild(with_own=True)
        for month in ended:
            years = {link for link in links(finance, month, 0) if link[0].endswith("/years/")}
            shown = {link for link in years if dict(link[1])["month"] == f"{month:%Y-%m}"}
            assert shown == {link for link in expected(month, 0) if link[0].endswith("/years/")}
            for link in shown:
                adds_up(finance, link)
        raise Undone


def test_who_does_not_give_opens_into_the_memberships(staff: Staff, db: None) -> None:
    finance, eve = staff("finance"), patron("eve@newsroom.example", "admin")
    for number, kind in enumerate(("complimentary", "solidarity", "solidarity")):
        until = clock.today() + timedelta(days=9 - number)
        grants.give(patron(f"p{number}@example.org"), Grant(GrantKind(kind), until, "They asked."), actor=eve)
    over = {"amount_minor": 0, "currency": "EUR", "interval_months": 0, "monthly_minor": 0}
    for name, until in (("friend", clock.today()), ("past", clock.today() - timedelta(days=1))):
        Membership.objects.create(patron=patron(f"{name}@example.org"), source="gift", paid_through=until, **over)
    found = {
        dict(asked)["what"]: (path, asked, said)
        for path, asked, said in _links(finance.get("/reports/").content.decode())
    }
    assert {what: int(said) for what, (_, _, said) in found.items()} == persons.apart()
    assert persons.apart() == {"gift": 1, "complimentary": 1, "solidarity": 2}
    for what, (path, asked, said) in found.items():
        answer = finance.get(path, dict(asked))
        assert len(answer.context["rows"]) == int(said)
        assert f'<a href="/reports/?month={months.this():%Y-%m}">' in answer.content.decode(), what
    ends = [row.paid_through for row in finance.get("/reports/rows/memberships/?what=solidarity").context["rows"]]
    assert ends == sorted(ends)
    assert "/reports/rows/" not in staff("editor").get("/reports/").content.decode()


def test_a_failed_invoice_is_told_with_its_cause_what_mended_it_its_payment_and_its_patron(staff: Staff) -> None:
    gift, at = rows.monthly(), datetime(2026, 5, 3, 12, tzinfo=UTC)
    mended = rows.invoice(
        gift, created_at=at, first_failed_at=at + timedelta(days=2), paid_at=at + timedelta(days=3), status="paid",
        recovered_by="card", failure_code="expired_card",
    )  # fmt: skip
    paid = rows.payment(gift, invoice=mended)
    rows.invoice(gift, stripe_id="in_2", created_at=at, first_failed_at=at)
    rollups.rebuild(with_own=True)
    page = staff("finance").get("/reports/rows/invoices/?what=first_failed&month=2026-05").content.decode()
    text = words(page).replace("\N{NO-BREAK SPACE}", " ")
    assert "invoices whose first failure was in this time · all currencies · May 2026" in text
    told = f"€5.00 5 May 2026, 15:00 the card has expired another card 6 May 2026, 15:00 {paid.pk} {gift.patron_id}"
    assert told in text
    assert f"there was not enough money on the card not within 30 days – – {gift.patron_id}" in text
    assert f'href="/reports/payments/{paid.pk}/"' in page
    assert f'href="/reports/patrons/{gift.patron_id}/"' in page
    assert '<p class="crumb"><a href="/reports/failed/?month=2026-05">May 2026</a></p>' in page


def test_invoices_are_listed_a_hundred_at_a_time_by_as_many_queries(staff: Staff, db: None) -> None:
    gift, at = rows.monthly(), datetime(2026, 5, 3, 12, tzinfo=UTC)
    facts = {
        "donation": gift, "status": "open", "amount_due_minor": 500, "currency": "EUR", "period_start": at,
        "period_end": at, "attempt_count": 1, "first_failed_at": at,
    }  # fmt: skip
    Invoice.objects.bulk_create(
        Invoice(stripe_id=f"in_{n}", created_at=at - timedelta(minutes=n // 3), **facts) for n in range(130)
    )
    rollups.rebuild(with_own=True)
    finance, asked = staff("finance"), dict[str, int]()
    for what in ("due", "failed", "first_failed"):
        address, seen, sizes = f"?what={what}&month=2026-05", list[str](), list[int]()
        while address:
            with CaptureQueriesContext(connection) as queries:
                answer = finance.get(f"/reports/rows/invoices/{address}")
            asked[what] = max(asked.get(what, 0), len(queries))
            sizes.append(len(answer.context["rows"]))
            seen += [row.stripe_id for row in answer.context["rows"]]
            more = re.findall(r'rel="next" href="([^"]*)"', answer.content.decode())
            address = unescape(more[0]) if more else ""
        assert (sizes, len(set(seen))) == ([100, 30], 130)
    assert len(set(asked.values())) == 1


def test_memberships_at_risk_are_listed_a_hundred_at_a_time_the_largest_first(staff: Staff, db: None) -> None:
    facts = {"currency": "EUR", "interval_months": 1, "first_paid_at": clock.now(), "paid_through": clock.today()}
    Membership.objects.bulk_create(
        Membership(
            patron=rows.patron(email=f"p{n}@example.org"), amount_minor=500 + n % 3, monthly_minor=500 + n % 3,
            leaves_at=clock.now() if n % 13 else None, **facts,
        )
        for n in range(130)
    )  # fmt: skip
    rollups.rebuild(with_own=True)
    finance, page = staff("finance"), "/reports/rows/memberships/"
    first = finance.get(f"{page}?what=leaving&currency=EUR")
    more = unescape(re.findall(r'rel="next" href="([^"]*)"', first.content.decode())[0])
    seen = [*first.context["rows"], *finance.get(f"{page}{more}").context["rows"]]
    assert len({row.pk for row in seen}) == len(seen) == 120
    assert [row.monthly for row in seen] == sorted((row.monthly for row in seen), reverse=True)
    assert len(finance.get(f"{page}?what=top&currency=EUR").context["rows"]) == 2
    assert not finance.get(f"{page}?what=all&currency=USD").context["rows"]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("invoices/?month=2026-05", "Which: "),
        ("invoices/?month=2026-05&what=lost", "Which: "),
        ("invoices/?month=2199-05&what=due", "still to come"),
        ("invoices/?month=2026-13&what=due", "a month like"),
        ("invoices/?what=failed&month=2026-05&currency=eur", "three capital letters"),
        ("invoices/?what=first_failed&month=2026-05&cause=greed", "Cause: "),
        ("invoices/?what=first_failed&month=2026-05&by=prayer", "What mended it: "),
        ("invoices/?what=due&month=2026-05&after=-1", "after"),
        ("memberships/?currency=EUR", "Which: "),
        ("memberships/?what=rich&currency=EUR", "Which: "),
        ("memberships/?what=top", "three capital letters"),
        ("memberships/?what=top&currency=euro", "Currency: "),
        ("memberships/?what=gift&after=99999999999999999999999", "after"),
    ],
)
def test_rows_of_nothing_are_refused_in_words(staff: Staff, db: None, path: str, says: str) -> None:
    answer = staff("finance").get(f"/reports/rows/{path}")
    assert answer.status_code == 400
    assert says in answer.content.decode()
