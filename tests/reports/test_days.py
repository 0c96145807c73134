"""Money day by day: each figure against the lines of the book in plain Python, its rows, and what nonsense leads to."""

import json
import re
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from html import unescape
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from newsroom import clock
from newsroom.models import GivingCurrency, Newsroom
from payments.models import Donation, LedgerEntry, Payment, Payout
from reports import rollups
from reports.figures import days
from reports.models import MoneyDay, SeenDay
from tests.reports.test_pages_of_figures import words

Staff = Callable[[str], Client]
KYIV = ZoneInfo("Europe/Kyiv")
NET = {"payment", "refund", "refund_reversal", "dispute", "dispute_reversal", "fee", "dispute_fee"}
number = count(1)


def paid(currency: str = "EUR", interval: str = "monthly", giver: str = "reader", *, by_hand: bool = False) -> Payment:
    """Of a gift of its own."""
    place = next(number)
    how = {"source": "offline", "reference": f"B-{place}"} if by_hand else {"payment_intent": f"pi_{place}"}
    gift = Donation.objects.create(
        interval=interval, amount_minor=1000, currency=currency, state="given", giver=giver,
        subscription=None if interval == "once" else f"sub_{place}",
    )  # fmt: skip
    return Payment.objects.create(
        donation=gift, amount_minor=1000, currency=currency, state="succeeded", paid_at=clock.now(), **how
    )


def line(payment: Payment, kind: str, minor: int, at: datetime, *, euros: int | None = None, note: str = "") -> None:
    """One line: what the giver saw, if givers see such, and the same settled, or as so many euro cents."""
    place, is_seen, by_hand = next(number), "fee" not in kind, payment.source == "offline"
    LedgerEntry.objects.create(
        kind=kind, payment=payment, amount_minor=minor if euros is None else euros, occurred_at=at, note=note,
        currency=payment.currency if euros is None else "EUR",
        seen_minor=minor if is_seen else None, seen_currency=payment.currency if is_seen else "",
        source="offline" if by_hand else "stripe", reference=f"R-{place}" if by_hand else None,
        balance_transaction=None if by_hand else f"txn_{place}",
    )  # fmt: skip


def without_payment(kind: str, minor: int, at: datetime) -> None:
    """Other business on the account, or a transfer to the bank."""
    place = next(number)
    payout = Payout.objects.create(
        stripe_id=f"po_{place}", amount_minor=abs(minor), currency="EUR", status="paid", arrives_on=at.date(),
        created_at=at,
    )  # fmt: skip
    LedgerEntry.objects.create(
        kind=kind, payout=payout if kind == "payout" else None, amount_minor=minor, currency="EUR", occurred_at=at,
        balance_transaction=f"txn_{place}",
    )  # fmt: skip


def everything(at: datetime, scale: int = 1) -> None:
    """One of each kind of line, in currencies of two, none and three digits, at one moment."""
    for currency in ("EUR", "JPY", "KWD"):
        monthly, once = paid(currency), paid(currency, "once")
        line(monthly, "payment", 1000 * scale, at)
        line(monthly, "fee", -30, at)
        line(once, "payment", 2500 * scale, at)
        line(once, "refund", -700 * scale, at)
        line(once, "refund_reversal", 200, at)
        line(monthly, "dispute", -1000 * scale, at)
        line(monthly, "dispute_fee", -1500, at)
        line(monthly, "dispute_reversal", 1000 * scale, at)
        failed, hand = paid(currency, "yearly"), paid(currency, "once", by_hand=True)
        line(failed, "payment", 9000 * scale, at)
        line(failed, "adjustment", -9000 * scale, at)
        line(hand, "payment", 4000, at)
        line(hand, "refund", -4000, at, note="mistake")
        other = paid(currency, "once", by_hand=True)
        line(other, "payment", 5000, at)
        line(other, "refund", -1, at, note="returned")
        grant = paid(currency, "once", "grant", by_hand=True)
        line(grant, "payment", 90_000 * scale, at)
        line(grant, "refund", -5, at, note="mistake")
    abroad = paid("UAH")
    line(abroad, "payment", 44_000, at, euros=1000)
    line(abroad, "fee", -44, at, euros=-44)
    without_payment("adjustment", 123, at)
    without_payment("payout", -77, at)


def expected(zone: ZoneInfo) -> dict[str, dict[date, list[int]]]:
    """By currency and day: recurring, single, back, institutional, net; from the definitions, over all lines."""
    found: dict[str, dict[date, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0, 0, 0, 0]))
    for row in LedgerEntry.objects.select_related("payment__donation"):
        if row.payment is None:  # other business, payouts
            continue
        day, gift = row.occurred_at.astimezone(zone).date(), row.payment.donation
        if gift.giver != "reader":
            found[row.seen_currency][day][3] += row.seen_minor or 0
            continue
        if row.kind in NET or row.kind == "adjustment":
            found[row.currency][day][4] += row.amount_minor
        if row.seen_minor is not None:
            is_given = row.kind == "payment" or (row.source == "offline" and row.note == "mistake")
            place = 2 if not is_given else 1 if gift.interval == "once" else 0
            found[row.seen_currency][day][place] += row.seen_minor
    return {currency: {day: row for day, row in here.items() if any(row)} for currency, here in found.items()}


# The first and last moments of days, those of 23 and of 25 hours among them.
@pytest.mark.parametrize("name", ["Europe/Kyiv", "America/St_Johns", "Asia/Tokyo", "Pacific/Apia"])
def test_every_day_is_what_its_lines_say_in_the_zone_of_the_newsroom(db: None, name: str) -> None:
    Newsroom.objects.update(zone=name)
    zone, moment = ZoneInfo(name), timedelta(milliseconds=1)
    for scale, day in enumerate((date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 8), date(2026, 11, 1)), 1):
        begins = datetime.combine(day, time.min, zone).astimezone(UTC)
        for turn, at in enumerate((begins - moment, begins, begins + timedelta(hours=22, minutes=30))):
            everything(at, scale * 10 + turn)
    rollups.rebuild(with_own=True)
    assert rollups.prove()
    said = expected(zone)
    assert sorted(said) == days.currencies() == ["EUR", "JPY", "KWD", "UAH"]
    for currency, here in said.items():
        life = days.life(currency, clock.today())
        assert {day: list(row) for day, row in life.items() if any(row)} == here
        assert list(life) == sorted(life)
        first, last = date(2026, 3, 8), date(2026, 10, 24)
        sums = [sum(column) for column in zip(*(row for day, row in here.items() if first <= day <= last), strict=True)]
        together = days.between(life, first, last)
        assert together
        assert list(together) == sums
        assert days.between(life, date(2025, 1, 1), date(2025, 12, 31)) is None
        months = days.by_month(life)
        assert sum(row.received_minor for row in months.values()) == sum(row[0] + row[1] for row in here.values())
        assert date(2026, 10, 1) in months


def test_every_figure_opens_into_lines_that_add_up_to_it(staff: Staff) -> None:
    today = clock.today()
    for back in (0, 3, 31, 40):
        everything(clock.start_of(today - timedelta(back)) + timedelta(seconds=1), back + 1)
    rollups.rebuild(with_own=True)
    finance, seen = staff("finance"), 0
    for currency in ("EUR", "JPY", "KWD", "UAH"):
        page = finance.get("/reports/days/", {"currency": currency})
        sums = [row for *_, row in page.context["sums"] if row] + [row for *_, row in page.context["rows"] if row]
        figures = [
            minor for row in (*sums, sums[0])
            for minor in (row.recurring_minor, row.single_minor, row.received_minor, row.back_minor,
                          row.institutional_minor, row.net_minor)
            if minor
        ]  # fmt: skip
        links = list(map(unescape, re.findall(r'href="(/reports/rows/lines/[^"]*)"', page.content.decode())))
        assert len(links) == len(figures) > 5
        for link, minor in zip(links, figures, strict=True):
            rows = finance.get(link).context["rows"]
            told = sum(row.seen_minor if "seen=on" in link else row.amount_minor for row in rows)
            assert told == minor, link
            seen += 1
    assert seen > 60


def test_amounts_have_the_digits_of_their_currency_and_a_real_minus(staff: Staff) -> None:
    everything(clock.start_of(clock.today()) + timedelta(seconds=1))
    rollups.rebuild(with_own=True)
    finance = staff("finance")
    said = {code: words(finance.get(f"/reports/days/?currency={code}").content.decode()) for code in ("JPY", "KWD")}
    assert "¥10,000 ¥7,500 ¥17,500 −¥9,501 ¥89,995" in said["JPY"]
    assert "KWD 10.000 KWD 7.500 KWD 17.500 −KWD 9.501 KWD 89.995" in said["KWD"].replace("\N{NO-BREAK SPACE}", " ")


def test_a_span_stands_beside_the_one_before_and_the_same_a_year_before(staff: Staff) -> None:
    given = {date(2026, 2, 1): 100, date(2026, 1, 31): 20, date(2026, 1, 4): 3, date(2025, 2, 28): 4000}
    for day, minor in given.items():
        line(paid(), "payment", minor, datetime.combine(day, time(12), KYIV))
    rollups.rebuild(with_own=True)
    page = staff("support").get("/reports/days/?first=2026-02-01&last=2026-02-28")
    sums = [(first, last, row and row.received_minor) for _name, first, last, row in page.context["sums"]]
    assert sums == [
        (date(2026, 2, 1), date(2026, 2, 28), 100), (date(2026, 1, 4), date(2026, 1, 31), 23),
        (date(2025, 2, 1), date(2025, 2, 28), 4000),
    ]  # fmt: skip
    assert [day for day, *_ in page.context["rows"]] == [date(2026, 2, 28) - timedelta(n) for n in range(28)]
    leap = staff("admin").get("/reports/days/?first=2024-02-29&last=2024-02-29").context["sums"]
    assert [row[1:3] for row in leap] == [(date(2024, 2, 29),) * 2, (date(2024, 2, 28),) * 2, (date(2023, 2, 28),) * 2]


def test_without_an_address_it_shows_31_days_of_the_newsrooms_own_currency(staff: Staff) -> None:
    today = clock.today()
    GivingCurrency.objects.exclude(code="UAH").update(position=9)
    line(paid("EUR"), "payment", 500, clock.now() - timedelta(days=2))
    line(paid("CHF"), "payment", 700, clock.now())
    rollups.rebuild(with_own=True)
    finance = staff("finance")
    page = finance.get("/reports/days/")
    assert (page.context["currency"], len(page.context["rows"])) == ("CHF", 31), "nobody gave in its own"
    assert page.context["rows"][0][0] == today
    line(paid("UAH"), "payment", 900, clock.now())
    rollups.rebuild(with_own=True)
    assert finance.get("/reports/days/").context["currency"] == "UAH"
    assert finance.get("/reports/days/?currency=EUR").context["currency"] == "EUR"
    ahead = finance.get(f"/reports/days/?first={today}&last={today + timedelta(30)}")
    assert (ahead.status_code, [day for day, *_ in ahead.context["rows"]]) == (200, [today])


def test_the_chart_is_given_every_day_from_the_first_one_on(staff: Staff) -> None:
    today = clock.today()
    line(paid(), "payment", 500, clock.start_of(today - timedelta(9)))
    line(paid("EUR", "once"), "payment", 300, clock.start_of(today))
    rollups.rebuild(with_own=True)
    page = staff("finance").get("/reports/days/").content.decode()
    told = json.loads(re.findall(r'<script id="drawn" type="application/json">(.*?)</script>', page)[0])
    assert (told["first"], told["digits"], told["before"], told["after"]) == (str(today - timedelta(9)), 2, "€", "")
    assert told["lines"] == {
        "received": [500, *[0] * 8, 300], "recurring": [500, *[0] * 9], "single": [*[0] * 9, 300], "back": [0] * 10,
        "net": [500, *[0] * 8, 300],
    }  # fmt: skip
    assert "Received in EUR by month" in words(page), "and, without a script, the months"


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("first=2026-03-01&last=2026-02-01", "The last day comes before the first."),
        ("first=0001-01-01&last=2026-02-01", "This day is too far away."),
        ("first=2026-01-01&last=9999-12-31", "This day is too far away."),
        ("first=2026-02-30&last=2026-03-01", "Enter a valid date."),
        ("first=%00&last=2026-1١-01", "Enter a valid date."),
        ("currency=CHF", "CHF is not one of the available choices."),
        ("currency=eur'--", "is not one of the available choices."),
        ("currency=%00", "is not one of the available choices."),
    ],
)
def test_nonsense_is_answered_with_a_sentence_beside_its_field(staff: Staff, query: str, says: str) -> None:
    line(paid(), "payment", 500, clock.now())
    rollups.rebuild(with_own=True)
    answer = staff("finance").get(f"/reports/days/?{query}")
    assert answer.status_code == 400
    assert says in words(answer.content.decode())
    assert len(answer.context["rows"]) == 31, "the usual days are shown instead"


def test_more_than_400_days_are_shown_by_month_each_with_what_of_it_is_among_them(staff: Staff) -> None:
    given = {
        date(2025, 1, 1): 5,
        date(2025, 1, 2): 40,
        date(2025, 1, 31): 300,
        date(2026, 2, 6): 20,
        date(2026, 2, 7): 1,
    }
    for day, minor in given.items():
        line(paid(), "payment", minor, datetime.combine(day, time(12), KYIV))
    rollups.rebuild(with_own=True)
    finance = staff("finance")
    assert len(finance.get("/reports/days/?first=2025-01-02&last=2026-02-05").context["rows"]) == 400
    page = finance.get("/reports/days/?first=2025-01-02&last=2026-02-06")
    rows = [(first, last, row.received_minor) for first, last, row in page.context["rows"] if row]
    assert rows == [
        (date(2026, 2, 1), date(2026, 2, 6), 20), (date(2025, 1, 2), date(2025, 1, 31), 340),
    ]  # fmt: skip
    assert len(page.context["rows"]) == 14
    shown = words(page.content.decode())
    assert "Each month Month Recurring" in shown
    assert "Jan 2025 €3.40" in shown.replace("\N{NO-BREAK SPACE}", " ")
    links = set(
        re.findall(
            r'href="(/reports/rows/lines/[^"]*first=2025-01-02&amp;last=2025-01-31[^"]*)"', page.content.decode()
        )
    )
    assert {sum(one.seen_minor or 0 for one in finance.get(unescape(link)).context["rows"]) for link in links} == {340}


def test_it_is_there_before_anything_has_happened_and_asks_as_often_as_later(staff: Staff, db: None) -> None:
    finance, today = staff("finance"), clock.today()
    finance.get("/reports/days/")

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert finance.get("/reports/days/").status_code == 200
        return len(queries)

    empty = asked()
    facts: dict[str, Any] = {"currency": "EUR", "kind": "payment", "amount_minor": 5, "lines": 1}
    SeenDay.objects.bulk_create(
        SeenDay(day=today - timedelta(n), is_recurring=recurs, **facts) for n in range(800) for recurs in (True, False)
    )
    MoneyDay.objects.bulk_create(MoneyDay(day=today - timedelta(n), source="stripe", **facts) for n in range(800))
    assert asked() == empty


def test_the_month_leads_to_its_days(staff: Staff, db: None) -> None:
    finance = staff("finance")
    page = finance.get("/reports/?month=2026-02").content.decode()
    link = unescape(re.findall(r'href="(/reports/days/\?[^"]*)"', page)[0])
    assert finance.get(link).context["form"].cleaned_data["last"] == date(2026, 2, 28)
    editor = staff("editor").get("/reports/").content.decode()
    assert "/reports/days/" not in editor
    assert "/reports/days/" in page
