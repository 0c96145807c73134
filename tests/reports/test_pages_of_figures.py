"""The pages of figures: what they show to whom, how a figure opens into its rows, and what nonsense leads to."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from babel.dates import format_date
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import StaffAction
from members import memberships
from members.memberships import Facts
from members.models import Membership
from money.money import Money
from newsroom import clock
from newsroom.models import DailyRate
from payments import offline
from payments.models import Difference, Donation, LedgerEntry, StripeEvent
from reports import rollups
from reports.definitions import DEFINITIONS
from reports.figures import months
from reports.models import (
    ClosedMonth,
    CohortMoney,
    CohortMonth,
    Movement,
    MovementMonth,
    PersonMonth,
    PersonOutcome,
    Progress,
    parts,
)
from tests.house.tree import ROOT
from tests.payments import rows

Staff = Callable[[str], Client]
FIGURES = ["/reports/", "/reports/retention/", "/reports/failed/", "/reports/origins/", "/reports/participation/"]
MORE = [
    "/reports/close/", "/reports/close/differences/", "/reports/health/", "/reports/rates/", "/reports/definitions/"
]  # fmt: skip


def words(page: str) -> str:
    """What a page says, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def join(gift: Donation, facts: Facts) -> Membership:
    assert gift.patron
    return memberships.start(gift.patron, facts)


@pytest.fixture
def october(db: None) -> date:
    """A patron who joined with 5 EUR a month in the last month that is over and was refunded 2 of them."""
    month = months.after(months.this(), -1)
    at = clock.start_of(month) + timedelta(days=9)
    gift = rows.monthly()
    facts = Facts(
        amount_minor=500, currency="EUR", interval_months=1, first_paid_at=at, paid_through=at.date() + timedelta(90)
    )  # fmt: skip
    gift.membership = join(gift, facts)
    gift.save()
    paid = rows.payment(gift, paid_at=at, is_booked=True)
    for kind, minor, seen in (("payment", 500, 500), ("fee", -44, None), ("refund", -200, -200)):
        LedgerEntry.objects.create(
            kind=kind, balance_transaction=f"txn_{kind}", payment=paid, amount_minor=minor, currency="EUR",
            seen_minor=seen, seen_currency="EUR" if seen else "", occurred_at=at,
        )  # fmt: skip
    StripeEvent.objects.create(
        event_id="evt_9", type="charge.succeeded", livemode=False, aggregate="pi_1", body=b'{"id": "evt_9"}',
        state="applied", created_at=at,
    )  # fmt: skip
    rollups.rebuild(with_own=True)
    return month


def test_the_month_shows_what_came_what_moved_and_who_is_there(staff: Staff, october: date) -> None:
    page = words(staff("finance").get(f"/reports/?month={october:%Y-%m}").content.decode())
    assert f"EUR {october:%b %Y} €5.00 (1) €0.00 (0) €5.00 −€2.00" in page
    assert f"EUR {october:%b %Y} €5.00 −€2.00 €0.00 −€0.44 €2.56 €2.56" in page
    assert "Monthly sum, all currencies a month earlier –, a year earlier –; on average €5.00 a patron" in page
    assert "new +€5.00 (1)" in page
    assert "Closing €5.00" in page
    assert "At the end 1" in page


def test_every_figure_of_the_month_stands_beside_the_month_and_the_year_before(staff: Staff, october: date) -> None:
    for months_ago, minors in ((1, [300, 700]), (13, [400])):
        at = clock.start_of(months.after(months.this(), -months_ago)) + timedelta(days=3)
        for minor in minors:
            gift = Donation.objects.create(interval="once", amount_minor=minor, currency="EUR", state="given")
            paid = rows.payment(gift, payment_intent=f"pi_{months_ago}_{minor}", charge=f"ch_{minor}", paid_at=at)
            LedgerEntry.objects.create(
                kind="payment", balance_transaction=f"txn_{months_ago}_{minor}", payment=paid, amount_minor=minor,
                currency="EUR", seen_minor=minor, seen_currency="EUR", occurred_at=at,
            )  # fmt: skip
    rollups.rebuild(with_own=True)
    then, before, year = (f"{months.after(october, by):%b %Y}" for by in (0, -1, -12))
    page = words(staff("finance").get(f"/reports/?month={october:%Y-%m}").content.decode())
    here = page.replace("\N{NO-BREAK SPACE}", " ")
    nothing = f"{before} – – – – –"
    assert f"EUR {then} €5.00 (1) €10.00 (2) €15.00 −€2.00 – {nothing} {year} €0.00 (0) €4.00 (1) €4.00 €0.00 –" in here
    assert f"EUR {then} €15.00 −€2.00 €0.00 −€0.44 €12.56 €12.56 {before} – – – – – – {year} €4.00 €0.00" in here
    assert f"EUR {then} 2 €5.00 €5.00 {before} 0 – – {year} 1 €4.00 €4.00" in here
    went_back = "€15.00 (3) €2.00 (1) 33.3 % · 13.3 % €0.00 (0) 0.0 % · 0.0 %"
    assert f"EUR {then} {went_back} {nothing} {year} €4.00 (1) €0.00 (0) 0.0 % · 0.0 %" in here
    after = words(staff("admin").get("/reports/").content.decode())
    assert "Month before €5.00 €5.00" in after  # of the one currency, and of all
    assert "Persons who give 1 1 Month before 1 1 Year before 0 0" in after
    assert "Average gift a month €5.00 €5.00 Month before €5.00 €5.00 Year before – –" in after
    assert "all currencies a month earlier €5.00, a year earlier –" in after
    assert f"{then} 2 €5.00 €5.00" in after


def test_a_figure_opens_into_its_rows_its_payment_and_what_stripe_said(staff: Staff, october: date) -> None:
    finance = staff("finance")
    page = finance.get(f"/reports/?month={october:%Y-%m}").content.decode()
    movements = unescape(re.findall(r'href="(/reports/rows/movements/[^"]*kind=new)"', page)[0])
    assert "+€5.00" in words(finance.get(movements).content.decode())
    lines = unescape(re.findall(r'href="(/reports/rows/lines/[^"]*kind=payment[^"]*)"', page)[0])
    behind = finance.get(lines).content.decode()
    payment = re.findall(r'href="(/reports/payments/\d+/)"', behind)[0]
    event = re.findall(r'href="(/reports/events/\d+/)"', finance.get(payment).content.decode())[0]
    assert "evt_9" in finance.get(event).content.decode()


def test_churn_of_the_sum_opens_into_its_movements_and_a_cohorts_value_into_its_persons(staff: Staff, db: None) -> None:
    cohort, month = months.after(months.this(), -7), months.after(months.this(), -1)
    facts = {"payer": 1, "persons": 2}
    PersonMonth.objects.create(month=cohort, outcome="new", **facts)
    CohortMonth.objects.create(month=cohort, cohort=cohort, **facts)
    CohortMoney.objects.create(cohort=cohort, age=0, currency="EUR", net_minor=900)
    for at, kind, minor in ((cohort, "new", 800), (month, "voluntary", -300), (month, "expansion", 100)):
        MovementMonth.objects.create(
            month=at, currency="EUR", kind=kind, monthly_parts=parts.of(minor, 1), changes=1
        )  # fmt: skip
    page = unescape(staff("finance").get("/reports/retention/").content.decode())
    churn, value = (page.partition(f'id="{name}"')[2].partition("</section>")[0] for name in ("mrr-churn", "value"))
    moved = f"/reports/rows/movements/?month={month:%Y-%m}&currency=EUR&kind="
    assert f'<a href="{moved}voluntary">−€3.00</a>' in churn
    assert f'<a href="{moved}expansion">+€1.00</a>' in churn
    assert f'href="/reports/?month={month:%Y-%m}#sum"' in churn
    assert f'<a href="/reports/rows/persons/?month={cohort:%Y-%m}&outcome=new">2</a>' in value
    assert "€4.50" in value


def test_an_editor_sees_counts_and_no_amount(staff: Staff, october: date) -> None:
    editor = staff("editor")
    for path in FIGURES:
        answer = editor.get(path, {"month": f"{october:%Y-%m}"})
        assert answer.status_code == (403 if path == "/reports/failed/" else 200)
        assert "€" not in answer.content.decode()
        assert "olena@example.org" not in answer.content.decode()


@pytest.mark.parametrize("path", FIGURES + MORE)
def test_pages_are_there_before_anything_has_happened(staff: Staff, path: str) -> None:
    assert staff("admin").get(path).status_code == 200


NONSENSE = [
    "month=2026-13", "month=9999-01", "month=0000-00", "month=1066-10", "month=%00", "month=2026-1١",
    "first=2026-05&last=2026-01", "first=x", "last=99999999999999999999", "by=person&rule=mine", "payer=-1", "page=x",
    "round=x", "round=99999999999999999999",
]  # fmt: skip


@pytest.mark.parametrize("query", NONSENSE)
def test_nonsense_in_an_address_is_answered_with_a_sentence(staff: Staff, october: date, query: str) -> None:
    admin = staff("admin")
    for path in (*FIGURES, "/reports/close/"):
        answer = admin.get(f"{path}?{query}")
        assert answer.status_code in {200, 400}, (path, query)
        if answer.status_code == 400:
            assert 'class="notice error"' in answer.content.decode() or 'class="error"' in answer.content.decode()


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("movements/", "month"),
        ("movements/?month=2026-10&currency=eur", "three capital letters"),
        ("movements/?month=2026-10&kind=payout", "no such kind"),
        ("movements/?month=2026-10&after=-1", "after"),
        ("movements/?month=2026-10&after=99999999999999999999999", "after"),
        ("persons/?month=2026-10", "In this month: "),
        ("persons/?month=2026-10&outcome=richer", "In this month: "),
        ("persons/?month=2026-10&outcome=left&payer=7", "payer"),
        ("persons/?month=2199-10&outcome=left", "still to come"),
        ("pauses/?month=2026-13", "a month like"),
        ("pauses/?month=2026-10&after=-1", "after"),
        ("lines/?first=2026-10-31&last=2026-10-01", "before the first"),
        ("lines/?first=0001-01-01&last=2026-10-01", "too far away"),
        ("lines/?first=2026-10-01&last=9999-12-31", "too far away"),
        ("lines/?first=2026-02-30&last=2026-10-01", "first"),
        ("lines/?first=2026-10-01&last=2026-10-01&kind=new", "no such kind"),
        ("lines/?first=2026-10-01&last=2026-10-01&source=moon", "source"),
        ("lines/?first=2026-10-01&last=2026-10-01&after=-5", "after"),
    ],
)
def test_rows_of_nothing_are_refused_in_words(staff: Staff, path: str, says: str) -> None:
    answer = staff("finance").get(f"/reports/rows/{path}")
    assert answer.status_code == 400
    assert says in answer.content.decode()


def test_persons_are_listed_a_hundred_at_a_time(staff: Staff, db: None) -> None:
    month, facts = date(2026, 5, 1), {"payer": 1, "persons": 1}
    PersonOutcome.objects.bulk_create(
        PersonOutcome(month=month, outcome=outcome, patron_id=1000 + place, **facts)
        for place in range(130)
        for outcome in ("new", ("voluntary", "disputed")[place % 2])
    )
    finance = staff("finance")
    page = finance.get("/reports/rows/persons/?month=2026-05&outcome=left").content.decode()
    seen = re.findall(r"/reports/patrons/(\d+)/", page)
    more = unescape(re.findall(r'rel="next" href="([^"]*)"', page)[0])
    rest = finance.get(f"/reports/rows/persons/{more}").content.decode()
    seen += re.findall(r"/reports/patrons/(\d+)/", rest)
    assert seen == [str(1000 + place) for place in range(130)]
    assert 'rel="next"' not in rest


def test_who_is_live_is_listed_a_hundred_at_a_time_the_last_who_joined_first(staff: Staff, db: None) -> None:
    months_ = [date(2026, 4, 1), date(2026, 5, 1)]
    joined = {1000 + place: months_[place % 2] for place in range(130)}
    PersonOutcome.objects.bulk_create(
        PersonOutcome(month=month, outcome="new", patron_id=patron, payer=1, persons=1)
        for patron, month in joined.items()
    )
    facts = {
        "change_id": 1, "currency": "EUR", "monthly_parts": 1, "givers": 0, "was": 0, "becomes": 0, "is_paused": False,
        "at": datetime(2026, 5, 5, tzinfo=UTC), "cohort_payer": 1,
    }  # fmt: skip
    came = [
        Movement(patron_id=patron, month=month, persons=1, cohort=month, **facts) for patron, month in joined.items()
    ]
    left = [Movement(patron_id=1000 + n, month=months_[1], persons=-1, cohort=months_[0], **facts) for n in (0, 2)]
    Movement.objects.bulk_create(came + left)
    finance = staff("finance")

    def listed(asked: str) -> tuple[list[int], str]:
        page = finance.get(f"/reports/rows/persons/{asked}").content.decode()
        more = re.findall(r'rel="next" href="([^"]*)"', page)
        return list(map(int, re.findall(r"/reports/patrons/(\d+)/", page))), unescape(more[0]) if more else ""

    first, more = listed("?month=2026-05&outcome=live")
    second, end = listed(more)
    there = sorted(set(joined) - {1000, 1002}, key=lambda patron: (joined[patron], patron), reverse=True)
    assert (first + second, len(first), end) == (there, 100, "")
    assert listed("?month=2026-05&outcome=live&cohort=2026-04")[0] == there[65:]
    assert len(listed("?month=2026-04&outcome=live")[0]) == 65


def test_rows_are_listed_a_hundred_at_a_time(staff: Staff, db: None) -> None:
    at = datetime(2026, 5, 5, tzinfo=UTC)
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            kind="adjustment", balance_transaction=f"txn_{n}", amount_minor=n + 1, currency="EUR", occurred_at=at
        )
        for n in range(130)
    )
    finance = staff("finance")
    first = finance.get("/reports/rows/lines/?first=2026-05-05&last=2026-05-05&currency=EUR").content.decode()
    more = unescape(re.findall(r'rel="next" href="([^"]*)"', first)[0])
    second = finance.get(f"/reports/rows/lines/{more}").content.decode()
    assert (first.count("txn_"), second.count("txn_")) == (100, 30)


def test_rows_of_one_moment_go_on_where_they_stopped_though_others_came_before(staff: Staff, db: None) -> None:
    at = datetime(2026, 5, 5, 12, tzinfo=UTC)

    def line(name: str, moment: datetime) -> LedgerEntry:
        return LedgerEntry(
            kind="adjustment", balance_transaction=name, amount_minor=1, currency="EUR", occurred_at=moment
        )  # fmt: skip

    LedgerEntry.objects.bulk_create(line(f"txn_{n:03}", at) for n in range(100, 205))
    finance, page = staff("finance"), "/reports/rows/lines/?first=2026-05-05&last=2026-05-05&currency=EUR"
    first = finance.get(page).content.decode()
    more = unescape(re.findall(r'rel="next" href="([^"]*)"', first)[0])
    LedgerEntry.objects.bulk_create([line("txn_early", at - timedelta(hours=1)), line("txn_late", at)])
    second = finance.get(f"/reports/rows/lines/{more}").content.decode()
    assert re.findall(r"txn_\w+", second) == ["txn_200", "txn_201", "txn_202", "txn_203", "txn_204", "txn_late"]
    # A line of another day leads to the beginning.
    other = LedgerEntry.objects.create(
        kind="adjustment", balance_transaction="txn_o", amount_minor=1, currency="EUR", occurred_at=at - timedelta(9)
    )
    assert "txn_early" in finance.get(f"{page}&after={other.pk}").content.decode()
    assert "txn_early" in finance.get(f"{page}&after={2**62}").content.decode()


def test_a_closed_month_keeps_its_figures_and_shows_what_came_later(staff: Staff, october: date) -> None:
    finance, page = staff("finance"), f"/reports/close/?month={october:%Y-%m}"
    assert finance.post(page).status_code == 302
    kept = ClosedMonth.objects.get(month=october).figures
    assert kept == {
        "EUR": {"opening": 0, "payment": 500, "fee": -44, "refund": -200, "closing": 256, "by_hand": 0}
    }  # fmt: skip
    assert StaffAction.objects.get(action="month.close").target == f"month:{october:%Y-%m}"
    assert "every figure is the same" in words(finance.get(page).content.decode())
    paid = LedgerEntry.objects.get(kind="payment")
    LedgerEntry.objects.create(
        kind="refund", balance_transaction="txn_late", payment=paid.payment, amount_minor=-100, currency="EUR",
        seen_minor=-100, seen_currency="EUR", occurred_at=paid.occurred_at,
    )  # fmt: skip
    rollups.rebuild(with_own=True)
    later = words(finance.get(page).content.decode())
    assert "EUR refund −€2.00 −€3.00" in later
    assert "EUR closing €2.56 €1.56" in later
    finance.post(page)
    assert ClosedMonth.objects.get(month=october).figures == kept


def test_a_month_that_is_not_over_is_not_closed(staff: Staff, october: date) -> None:
    finance = staff("finance")
    finance.post(f"/reports/close/?month={months.this():%Y-%m}")
    finance.post("/reports/close/?month=2999-01")
    assert not ClosedMonth.objects.exists()


def test_rates_are_entered_by_the_line_or_not_at_all(staff: Staff, october: date) -> None:
    finance = staff("finance")
    bad = [
        "2026-10-31 USD", "2026-10-31 USD -1", "31.10.2026 USD 1", "2026-10-31 USD NaN", "2026-10-31 U$D 1",
        "2026-10-31 EUR 1", "2999-01-01 USD 1", "2026-10-31 USD 1\n2026-10-31 USD 2", "2026-10-31 USD 1e99",
        "2026-10-31 XYZ 1", "2026-10-31 USD 0.00000000001", "0001-01-01 USD 1", "2026-02-30 USD 1",
    ]  # fmt: skip
    for text in bad:
        answer = finance.post("/reports/rates/", {"source": "bank", "lines": "2026-10-30 GBP 1.17\n" + text})
        assert "Line " in answer.content.decode(), text
    assert not DailyRate.objects.exists()
    given = {"source": "bank", "lines": "\ufeff2026-10-30;USD;0,92\r\n2026-10-31,usd,0.93\n\n2026-10-31\tJPY\t0.0061"}
    assert finance.post("/reports/rates/", given).status_code == 302
    kept = DailyRate.objects.order_by("currency", "day").values_list("currency", "rate")
    assert [(code, str(rate.normalize())) for code, rate in kept] == [
        ("JPY", "0.0061"),
        ("USD", "0.92"),
        ("USD", "0.93"),
    ]
    assert StaffAction.objects.get(action="rates.enter").facts["lines"] == 3


@pytest.mark.parametrize(("worth", "said"), [("10", "10 EUR"), ("0.0000001", "0.0000001 EUR"), ("1.50", "1.5 EUR")])
def test_a_rate_is_printed_in_plain_digits(staff: Staff, worth: str, said: str) -> None:
    DailyRate.objects.create(day=date(2026, 10, 31), currency="KWD", into="EUR", rate=worth, source="bank")
    assert f"KWD {said} bank" in words(staff("finance").get("/reports/rates/").content.decode())


def test_the_one_figure_names_its_rates_and_tells_exchange_apart(staff: Staff, october: date) -> None:
    """5 EUR and 1,000 JPY, at first for 0.006 EUR each, a month later for 0.007."""
    gift = rows.monthly(patron=rows.patron(email="taro@example.org"), currency="JPY", subscription="sub_2")
    at = clock.start_of(october) + timedelta(days=3)
    facts = Facts(
        amount_minor=1000, currency="JPY", interval_months=1, first_paid_at=at, paid_through=at.date() + timedelta(90)
    )  # fmt: skip
    join(gift, facts)
    rollups.rebuild(with_own=True)
    finance = staff("finance")
    assert "without JPY: no rate is stored" in words(finance.get(f"/reports/?month={october:%Y-%m}").content.decode())
    DailyRate.objects.create(day=october, currency="JPY", into="EUR", rate="0.006", source="bank")
    DailyRate.objects.create(day=months.this(), currency="JPY", into="EUR", rate="0.007", source="bank")
    then = words(finance.get(f"/reports/?month={october:%Y-%m}").content.decode())
    assert "€11.00 Monthly sum, all currencies" in then
    now = words(finance.get("/reports/").content.decode())
    earlier = "a month earlier €11.00, a year earlier –; on average €6.00 a patron"
    told = f"By the rates of 1 {months.this():%b} {months.this():%Y} (bank): JPY 0.007"
    assert f"€12.00 Monthly sum, all currencies {earlier} {told}" in now.replace("\N{NO-BREAK SPACE}", " ")
    assert "exchange rate – – +€1.00" in now


def differences(finance: Client) -> dict[str, str]:
    """The page of differences in words, by its headings."""
    page = finance.get("/reports/close/differences/").content.decode()
    found = re.findall(r"<h2[^>]*>(.*?)</h2>\s*<p>.*?</p>(.*?)</section>", page, re.DOTALL)
    return {words(title): words(rest) for title, rest in found}


def test_every_reason_why_stripe_differs_lists_its_rows_and_no_others(staff: Staff, october: date) -> None:
    finance = staff("finance")
    assert differences(finance) == {
        "Not the same when everything was compared last": "None now.",
        "A second subscription of the same person": "None now.",
        "Ended here, still alive at Stripe": "None now.",
        "The first payment is on its way": "None now.",
        "Paused": "None now.",
        "Past due, within the days of grace": "None now.",
        "Money that never was at Stripe": "None now.",
        "Received, and not in Stripe's balance yet": "None now.",
        "Refunds on their way": "None now.",
        "Other business on the same Stripe account": "None now.",
    }
    today, at = clock.today(), clock.now()

    def gift(name: str, **more: Any) -> Donation:
        return rows.monthly(patron=rows.patron(email=f"{name}@example.org"), subscription=f"sub_{name}", **more)

    second = gift("second", is_second=True)
    gift("second-over", is_second=True, subscription_status="canceled")
    alive = gift("alive", lives_on=True)
    debit = gift("debit", state="confirming")
    facts = Facts(
        amount_minor=700, currency="EUR", interval_months=1, first_paid_at=at, paid_through=today + timedelta(9)
    )  # fmt: skip
    paused, failing, late, ended = (gift(name) for name in ("paused", "failing", "late", "ended"))
    memberships.follow(join(paused, facts), replace(facts, paused_at=at))
    memberships.follow(join(failing, facts), replace(facts, failing_since=at))
    over = replace(facts, paid_through=today - timedelta(60))
    memberships.follow(join(late, over), replace(over, failing_since=at))
    memberships.follow(join(ended, facts), replace(facts, paused_at=at, ended_at=at, end_reason="cancelled"))
    by_hand = offline.record(email="b@example.org", amount=Money(2500, "EUR"), received_on=today, reference="B-1")
    waiting = rows.payment(alive, payment_intent="pi_w", charge="ch_w", paid_at=at, created_at=at - timedelta(days=40))
    rows.payment(alive, payment_intent="pi_c", charge="ch_c", paid_at=None, state="confirming")
    sent = rows.payment(alive, payment_intent="pi_r", charge="ch_r", paid_at=at, is_booked=True)
    rows.refund(sent, 100, status="pending", created_at=at)
    rows.refund(sent, 200, created_at=at)
    for name, days in (("txn_fee", 3), ("txn_old", 30)):
        LedgerEntry.objects.create(
            kind="adjustment", balance_transaction=name, amount_minor=-9, currency="EUR",
            occurred_at=at - timedelta(days=days),
        )  # fmt: skip

    day, earlier = (format_date(when, "d MMM y", locale="en") for when in (today, today - timedelta(days=3)))
    assert differences(finance) == {
        "Not the same when everything was compared last": "None now.",
        "A second subscription of the same person": f"Patron {second.patron_id} : €5.00, monthly",
        "Ended here, still alive at Stripe": f"Patron {alive.patron_id} : €5.00, monthly",
        "The first payment is on its way": f"Patron {debit.patron_id} : €5.00, monthly",
        "Paused": f"Patron {paused.patron_id} : €7.00 a month",
        "Past due, within the days of grace": f"Patron {failing.patron_id} : €7.00 a month",
        "Money that never was at Stripe": f"Payment {by_hand.pk} : €25.00, {day}",
        "Received, and not in Stripe's balance yet": f"Payment {waiting.pk} : €5.00, {day}",
        "Refunds on their way": f"Payment {sent.pk} : €1.00, {day}",
        "Other business on the same Stripe account": f"txn_fee: −€0.09, {earlier}",
    }


def test_what_the_last_comparison_found_leads_to_the_payment_or_patron_that_it_is_about(staff: Staff) -> None:
    finance, gift = staff("finance"), rows.monthly(subscription="sub_1", checkout_session="cs_1")
    paid = rows.payment(gift, payment_intent="pi_1", charge="ch_1", is_booked=True)
    paid.lines.create(
        kind="payment", balance_transaction="txn_1", amount_minor=500, currency="EUR", seen_minor=500,
        seen_currency="EUR", occurred_at=clock.now(),
    )  # fmt: skip
    assert "Not the same then 0" in words(finance.get("/reports/health/").content.decode())
    payment, patron = f"/reports/payments/{paid.pk}/", f"/reports/patrons/{gift.patron_id}/"
    ways = {"sub_1": patron, "cs_1": patron, "pi_1": payment, "ch_1": payment, "txn_1": payment, "txn_9": "", "EUR": ""}
    for kind, name in zip(Difference.Kind, ways, strict=False):
        Difference.objects.create(kind=kind, object=name, ours="", theirs="5.00 EUR", asked=False)
    told = differences(finance)["Not the same when everything was compared last"]
    assert f"Patron {gift.patron_id} : a subscription differs: here nothing, at Stripe 5.00 EUR" in told
    assert "txn_9: a refund differs" in told.replace(" :", ":")
    page = finance.get("/reports/close/differences/").content.decode()
    assert {way: page.count(f'href="{way}"') for way in (payment, patron)} == {payment: 3, patron: 2}
    health = finance.get("/reports/health/").content.decode()
    assert "Not the same then 7" in words(health)
    assert '<a href="/reports/close/differences/">7</a>' in health
    assert "/reports/close/differences/" not in staff("support").get("/reports/health/").content.decode()


def test_a_reason_shows_its_newest_rows_and_says_that_there_are_others(staff: Staff, october: date) -> None:
    gifts = [
        rows.monthly(patron=rows.patron(email=f"p{n}@example.org"), subscription=f"sub_p{n}", lives_on=True)
        for n in range(51)
    ]
    alive = differences(staff("finance"))["Ended here, still alive at Stripe"]
    assert alive.startswith(f"Patron {gifts[-1].patron_id} :")
    assert alive.count("Patron") == 50
    assert alive.endswith("And others; the newest are shown.")


def test_the_page_of_health_shows_a_proof_that_failed(staff: Staff, october: date) -> None:
    Progress.objects.update(differences="reports_moneyday differs in 2 rows")
    assert "reports_moneyday differs" in staff("support").get("/reports/health/").content.decode()
    assert "are not what the book says" in staff("editor").get("/reports/").content.decode()


@pytest.mark.parametrize("path", FIGURES + MORE)
def test_a_page_asks_no_more_of_more_money(staff: Staff, october: date, path: str) -> None:
    """The number of queries is the same when there is ten times as much of everything."""
    admin = staff("admin")
    admin.get(path)
    with CaptureQueriesContext(connection) as few:
        admin.get(path)
    for n in range(10):
        gift = rows.monthly(patron=rows.patron(email=f"p{n}@example.org"), subscription=f"sub_n{n}")
        at = clock.start_of(october) - timedelta(days=31 * n)
        facts = Facts(
            amount_minor=500 + n, currency="EUR", interval_months=1, first_paid_at=at, paid_through=clock.today()
        )  # fmt: skip
        gift.membership = join(gift, facts)
        gift.save()
        rows.invoice(gift, stripe_id=f"in_{n}", created_at=at, first_failed_at=at)
        paid = rows.payment(gift, payment_intent=f"pi_n{n}", charge=f"ch_n{n}", paid_at=at)
        LedgerEntry.objects.create(
            kind="payment", balance_transaction=f"txn_n{n}", payment=paid, amount_minor=500, currency="EUR",
            seen_minor=paid.amount_minor, seen_currency="EUR", occurred_at=at,
        )  # fmt: skip
    rollups.rebuild(with_own=True)
    with CaptureQueriesContext(connection) as many:
        admin.get(path)
    assert len(many) == len(few)


def test_the_document_says_of_every_figure_what_the_pages_say() -> None:
    text = " ".join((ROOT / "docs/metrics.md").read_text().split())
    assert [one.name for one in DEFINITIONS.values() if f"### {one.title} {one.text}" not in text] == []
