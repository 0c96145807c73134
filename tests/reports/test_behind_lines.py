"""Figures of money open into lines of the book that add up to them, over random pasts."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from html import unescape
from itertools import count
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from money.money import Money
from newsroom.models import Newsroom
from payments.models import Donation, LedgerEntry, Payment, Payout, StripeEvent
from reports import rollups
from reports.figures import closing, money, months
from reports.models import ReturnedPayment
from reports.views import rows as pages
from tests.conftest import WorldDatabase
from tests.reports.givings import BY_HAND, FATES, FIRST_NUMBER, NOBODYS, Giving, More, more
from tests.reports.histories import pasts
from tests.reports.model import History, Line

Staff = Callable[[str], Client]

# `BEHIND_EXAMPLES=300` for as many pasts as one likes.
EXAMPLES = int(os.environ.get("BEHIND_EXAMPLES", "12"))
CELL = re.compile(r'<[dt]d class="amount">(?:<strong>)?<a href="(/reports/rows/(?:lines|payments)/[^"]*)">(.*?)</a>')
PARTS = {
    "payments": ("payment", "mistake"), "refunds": ("refund", "refund_reversal", "return"),
    "disputes": ("dispute", "dispute_reversal"), "fees": ("fee", "dispute_fee"),
}  # fmt: skip


MAY = datetime(2026, 5, 5, 12, tzinfo=UTC)


class Undone(Exception):
    """Takes a past back."""


@given(past=pasts(), also=more(), place=st.integers(0, 1000), size=st.sampled_from((2, 7, 100)))
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES <= 12,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
def test_lines_add_up_to_their_figure(
    staff: Staff,
    monkeypatch: pytest.MonkeyPatch,
    past: Callable[[], History],
    also: Callable[[History], None],
    place: int,
    size: int,
) -> None:
    monkeypatch.setattr(pages, "PAGE", size)
    with suppress(Undone), transaction.atomic():
        finance, history = staff("finance"), past()
        also(history)
        rollups.rebuild(with_own=True)
        touched = sorted({min(history.month(line.at), months.this()) for line in history.lines})
        if touched:
            all_add_up(finance, touched[place % len(touched)])
        raise Undone


def all_add_up(finance: Client, month: date) -> int:
    """All figures of money of a month and of its close. How many lead to lines."""
    opened = cells(finance, f"/reports/?month={month:%Y-%m}")
    assert set(opened) == expected(month)
    opened |= cells(finance, f"/reports/close/?month={month:%Y-%m}")
    for link, printed in opened.items():
        assert said(finance, link) == printed, link
    return len(opened)


def test_whatever_can_become_of_money_adds_up(staff: Staff, db: None) -> None:
    history, numbers = History(Newsroom.current().zone_info), count(FIRST_NUMBER)
    found = list[Giving]()
    for wait in (timedelta(hours=1), timedelta(days=40)):
        for fate in FATES.values():
            for recurs in (False, True):
                found.append(by_card(next(numbers), fate, wait, recurs=recurs))
        for giver in ("reader", "grant", "institution"):
            for then in BY_HAND:
                found.append(transfer(next(numbers), giver, then, wait))
    business = [
        Line(NOBODYS, MAY, kind, minor, "EUR")
        for kind, minor in (("adjustment", 900), ("fee", -7), ("payout", -300), ("payout", 300), ("payout", -450))
    ]
    More(found, business).write(history)
    rollups.rebuild(with_own=True)
    finance = staff("finance")
    assert all_add_up(finance, date(2026, 5, 1)) > 20
    assert all_add_up(finance, date(2026, 6, 1)) > 20


def by_card(number: int, fate: tuple[tuple[str, int], ...], wait: timedelta, *, recurs: bool) -> Giving:
    """Of May, seen in yen and settled in euros, with fees; no two of one amount."""
    minor, at = 2 * number, MAY
    lines = [Line(number, at, "payment", 2 * minor, "EUR", minor, "JPY"), Line(number, at, "fee", -44, "EUR")]
    for kind, part in fate:
        at += wait
        lines.append(Line(number, at, kind, 2 * minor // part, "EUR", minor // part, "JPY"))
        lines += [Line(number, at, "dispute_fee", -1500, "EUR")] if kind == "dispute" else []
    return Giving(number, lines, recurs=recurs)


def transfer(number: int, giver: str, then: str, wait: timedelta) -> Giving:
    """Of May, by hand."""
    kind, back = ("payment", {"sent back": "refund"}.get(then, then)) if giver == "reader" else 2 * ("institutional",)
    lines = [Line(number, MAY, kind, number, "EUR", number, "EUR")]
    lines += [] if then == "kept" else [Line(number, MAY + wait, back, -number, "EUR", -number, "EUR")]
    return Giving(number, lines, giver, is_by_hand=True)


Link = tuple[str, tuple[tuple[str, str], ...]]


def cells(browser: Client, page: str) -> dict[Link, set[str]]:
    """What leads to lines: where it leads, and the figures that lead there as they are printed."""
    found: dict[Link, set[str]] = {}
    for address, printed in CELL.findall(browser.get(page).content.decode()):
        one = urlsplit(unescape(address))
        link = (one.path, tuple(sorted((name, words[0]) for name, words in parse_qs(one.query).items())))
        found.setdefault(link, set()).add(re.sub("<[^>]*>", "", printed).lstrip("+"))
    return found


def expected(month: date) -> set[Link]:
    """Every figure of money that is not nothing opens, of the month, the one before and the year before."""
    looked = [months.after(month, by) for by in (0, -1, -12)]
    return {link for one in looked for link in (*by_day(one), *by_gift(one))}


def by_day(month: date) -> Iterator[Link]:
    """Of what happened in the month."""
    until = months.after(month)

    def lines(currency: str, kind: str, **more: str) -> Link:
        days = {"first": f"{month}", "last": f"{until - timedelta(days=1)}"}
        return "/reports/rows/lines/", tuple(sorted((days | {"currency": currency, "kind": kind, **more}).items()))

    for row in money.seen(month, until):
        figures = {
            "recurring": row.recurring_minor, "single": row.single_minor, "payments": row.received_minor,
            "back": row.back_minor, "institutional": row.institutional_minor,
        }  # fmt: skip
        yield from (lines(row.currency, kind, seen="on") for kind, minor in figures.items() if minor)
    for currency, kinds in money.settled(month, until).items():
        yield from (
            lines(currency, part) for part, of in PARTS.items() if sum(kinds.get(kind, 0) for kind in of)
        )  # fmt: skip
        yield from [lines(currency, "net")] if money.net(kinds) else []


def by_gift(month: date) -> Iterator[Link]:
    """Of the month's payments."""

    def payments(currency: str, **more: str) -> Link:
        asked = {"month": f"{month:%Y-%m}", "currency": currency, **more}
        return "/reports/rows/payments/", tuple(sorted(asked.items()))

    yield from (payments(currency) for currency, minor in money.by_gift_month(month).items() if minor)
    yield from (payments(row.currency, kind="single") for row in money.gifts(month, month))
    for currency, row in money.returns(month).items():
        figures = {"paid": row.paid_minor, "refunded": row.refunded_minor, "disputed": row.disputed_minor}
        yield from (payments(currency, kind=kind) for kind, minor in figures.items() if minor)


def walked(browser: Client, path: str, asked: str) -> list[LedgerEntry]:
    """All lines, page after page, by the way that each shows to the next."""
    found = list[LedgerEntry]()
    while asked:
        answer = browser.get(path + asked)
        found += answer.context["rows"]
        onward = re.findall(r'rel="next" href="([^"]*)"', answer.content.decode())
        asked = unescape(onward[0]) if onward else ""
    assert len({line.pk for line in found}) == len(found)
    return found


def said(browser: Client, link: Link) -> set[str]:
    """What the figures that lead there have to be: the sum of the lines, and how many where that is told."""
    path, asked = link[0], dict(link[1])
    lines = walked(browser, path, "?" + "&".join(f"{name}={word}" for name, word in asked.items()))
    kind, of_payments = asked.get("kind", ""), path.endswith("payments/")
    is_seen = "seen" in asked or (of_payments and kind)
    minor = sum((line.seen_minor or 0) if is_seen else line.amount_minor for line in lines)
    amount = Money(-minor if kind in {"refunded", "disputed"} else minor, asked["currency"]).format("en")
    if of_payments and kind:
        count = len({line.payment_id for line in lines})
        return {str(count)} if kind == "single" else {f"{amount} ({count})"}
    if kind in {"recurring", "single"}:
        given = sum(1 if line.kind == "payment" else -1 for line in lines)
        return {f"{amount} ({given})"}
    return {amount}


OF_MAY = "/reports/rows/payments/?month=2026-05&currency=EUR"


def paid(number: int, *more: tuple[str, int, datetime], interval: str = "once") -> Payment:
    """Five euros of May with what happened to them."""
    donation = Donation.objects.create(
        interval=interval, amount_minor=500, currency="EUR", state="given",
        subscription=None if interval == "once" else f"sub_{number}",
    )  # fmt: skip
    row = Payment.objects.create(
        donation=donation, payment_intent=f"pi_{number}", amount_minor=500, currency="EUR", state="succeeded",
        paid_at=MAY,
    )  # fmt: skip
    for place, (kind, minor, at) in enumerate((("payment", 500, MAY), *more)):
        LedgerEntry.objects.create(
            kind=kind, balance_transaction=f"txn_{number}_{place}", payment=row, amount_minor=minor, currency="EUR",
            seen_minor=minor, seen_currency="EUR", occurred_at=at,
        )  # fmt: skip
    return row


def test_payments_of_a_month_go_on_behind_the_hundredth_with_all_that_happened_to_them(staff: Staff, db: None) -> None:
    later = MAY + timedelta(days=90)
    for number in range(103):
        paid(number, ("refund", -200, later), ("dispute", -300, later), ("dispute_reversal", 300, later))
    paid(103, ("refund", -500, later), interval="monthly")
    paid(104, ("adjustment", -500, later))
    kept = paid(105, ("dispute", -500, later), ("dispute_reversal", 500, later))
    rollups.rebuild(with_own=True)
    finance, month = staff("finance"), date(2026, 5, 1)
    every = walked(finance, OF_MAY, "&")
    assert len(every) == 103 * 4 + 2 + 2 + 3
    assert sum(line.amount_minor for line in every) == money.by_gift_month(month)["EUR"]
    assert len(finance.get(OF_MAY).context["rows"]) == 400, "a payment's lines stand on one page"
    told = money.returns(month)["EUR"]
    assert (told.payments, told.refunded, told.disputed) == (105, 104, 104)
    refunded, disputed = (walked(finance, f"{OF_MAY}&kind={kind}", "&") for kind in ("refunded", "disputed"))
    assert (len(refunded), sum(line.amount_minor for line in refunded)) == (104, -told.refunded_minor)
    assert (len(disputed), sum(line.amount_minor for line in disputed)) == (104, -told.disputed_minor)
    assert len(walked(finance, f"{OF_MAY}&kind=paid", "&")) == 105
    assert [line.payment_id for line in walked(finance, f"{OF_MAY}&kind=single", "&")] == [kept.pk]


def test_a_line_in_another_currency_stands_in_the_figure_of_that_currency(staff: Staff, db: None) -> None:
    row = paid(1)
    LedgerEntry.objects.create(
        kind="fee", balance_transaction="txn_usd", payment=row, amount_minor=-30, currency="USD",
        occurred_at=MAY + timedelta(days=40),
    )  # fmt: skip
    rollups.rebuild(with_own=True)
    assert money.by_gift_month(date(2026, 5, 1)) == {"EUR": 500, "USD": -30}
    finance = staff("finance")
    found = {code: finance.get(OF_MAY.replace("EUR", code)).context["rows"] for code in ("EUR", "USD", "UAH")}
    assert {code: [line.amount_minor for line in lines] for code, lines in found.items()} == {
        "EUR": [500], "USD": [-30], "UAH": []
    }  # fmt: skip


def test_what_is_of_several_kinds_goes_on_where_it_stopped(staff: Staff, db: None) -> None:
    for number in range(90):
        paid(number, ("refund", -1, MAY + timedelta(minutes=number % 7)), ("dispute", -2, MAY))
    finance = staff("finance")
    address = "/reports/rows/lines/?first=2026-05-01&last=2026-05-31&currency=EUR&seen=on&kind=back"
    lines = walked(finance, address, "&")
    assert [(line.occurred_at, line.pk) for line in lines] == sorted((line.occurred_at, line.pk) for line in lines)
    assert (len(lines), sum(line.amount_minor for line in lines)) == (180, -270)


def test_what_was_received_today_opens(staff: Staff, payment: Payment) -> None:
    rollups.rebuild(with_own=True)
    page = staff("finance").get("/reports/").content.decode()
    card = re.findall(r'<p class="big"><a href="(/reports/rows/lines/[^"]*)">€25.00</a></p>Received today', page)[0]
    assert [line.payment_id for line in staff("admin").get(unescape(card)).context["rows"]] == [payment.pk]


def test_a_payout_leads_to_what_stripe_said_of_it_last(staff: Staff, db: None) -> None:
    payout = Payout.objects.create(
        stripe_id="po_1", amount_minor=700, currency="EUR", status="paid", arrives_on=MAY.date(), created_at=MAY
    )
    LedgerEntry.objects.create(
        kind="payout", balance_transaction="txn_1", payout=payout, amount_minor=-700, currency="EUR", occurred_at=MAY
    )
    events = [
        StripeEvent.objects.create(
            event_id=f"evt_{what}", type=f"payout.{what}", livemode=False, aggregate="po_1", body=b"{}",
            state="applied", created_at=MAY + timedelta(days=days),
        )
        for days, what in enumerate(("created", "paid"))
    ]  # fmt: skip
    rollups.rebuild(with_own=True)
    page = staff("finance").get("/reports/close/?month=2026-05").content.decode()
    assert page.count(f'<a href="/reports/events/{events[1].pk}/">po_1</a>') == 2
    assert closing.told([]) == {}


def test_a_payment_of_which_nothing_went_back_is_not_kept_beside(staff: Staff, db: None) -> None:
    paid(1)
    back = paid(2, ("refund", -500, MAY))
    rollups.rebuild(with_own=True)
    assert [row.payment_id for row in ReturnedPayment.objects.all()] == [back.pk]


@pytest.mark.database
def test_what_goes_back_later_is_followed(world_db: WorldDatabase) -> None:
    row = paid(1)
    assert rollups.follow()
    assert not ReturnedPayment.objects.exists()
    for kind, minor in (("refund", -200), ("dispute", -300)):
        LedgerEntry.objects.create(
            kind=kind, balance_transaction=f"txn_{kind}", payment=row, amount_minor=minor, currency="EUR",
            seen_minor=minor, seen_currency="EUR", occurred_at=MAY + timedelta(days=60),
        )  # fmt: skip
        assert rollups.follow()
    [kept] = ReturnedPayment.objects.all()
    assert (kept.month, kept.refunded_minor, kept.disputed_minor, kept.gone_minor) == (date(2026, 5, 1), 200, 300, 500)
    told = money.returns(kept.month)["EUR"]
    assert (told.payments, told.refunded_minor, told.disputed_minor) == (1, 200, 300)
    assert money.gifts(kept.month, kept.month) == []
    assert rollups.prove()


@pytest.mark.parametrize("path", ["lines/?first=2026-05-01&last=2026-05-31&kind=back", "payments/?month=2026-05"])
def test_an_editor_opens_no_money(staff: Staff, path: str) -> None:
    assert staff("editor").get(f"/reports/rows/{path}").status_code == 403
    assert staff("support").get(f"/reports/rows/{path}").status_code == 200


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("", "Month: "), ("month=2026-13", "a month like"), ("month=2199-01", "still to come"),
        ("month=2026-05&currency=eur", "three capital letters"), ("month=2026-05&kind=fee", "no such kind"),
        ("month=2026-05&kind=refunded&after=-1", "Go on after"),
    ],
)  # fmt: skip
def test_payments_of_nothing_are_refused_in_words(staff: Staff, asked: str, says: str) -> None:
    answer = staff("finance").get(f"/reports/rows/payments/?{asked}")
    assert answer.status_code == 400
    assert says in answer.content.decode()


def test_a_number_that_is_nobodys_leads_to_the_beginning(staff: Staff, db: None) -> None:
    row = paid(1)
    assert [line.payment_id for line in staff("finance").get(f"{OF_MAY}&after={2**62}").context["rows"]] == [row.pk]
