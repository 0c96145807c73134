"""Reminder runs: who is due on which day, in whichever zone, and that two runs at once write each letter once."""

import calendar
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from letters.models import Letter
from letters.outbox import NOWHERE, Draft
from members.models import Patron
from newsroom import clock
from newsroom.models import Newsroom
from payments import reminder_emails, reminders
from payments.models import Donation
from tests.payments import rows

KYIV = ZoneInfo("Europe/Kyiv")
LAST_MOMENT = time(23, 59, 59, 999999)
# What "now" is late in a day: near its end, and far enough from it for a slow machine.
LATE = time(23, 50)


def leap_year() -> int:
    """The next that has not begun: the clock only moves forward."""
    return next(year for year in count(clock.now().year + 1) if calendar.isleap(year))


def at(moment: datetime) -> None:
    """It is this moment now, or some thousandths of a second later."""
    clock.move(moment - clock.now())


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), KYIV)


def giver(name: str, **facts: Any) -> Donation:
    """A running yearly donation of somebody's own."""
    patron = rows.patron(email=f"{name}@example.org", name="")
    return rows.monthly(
        **{"interval": "yearly", "amount_minor": 6000, "patron": patron, "subscription": f"sub_{name}",
           "period_end": clock.now() + timedelta(days=200), "card_expires_on": None} | facts
    )  # fmt: skip


def told() -> dict[str, str]:
    """What each was reminded of."""
    return {to.partition("@")[0]: occasion for to, occasion in Letter.objects.values_list("to", "occasion")}


@pytest.fixture
def today(db: None) -> date:
    """A day without anything special, at noon."""
    day = date(leap_year(), 5, 10)
    at(noon(day))
    return day


RENEWALS = {0: "", 1: "renewal_soon", 7: "renewal_soon", 8: "renewal", 30: "renewal", 31: ""}
ZONES = ["Europe/Kyiv", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago"]


def special_days(year: int, zone: str) -> list[date]:
    """Leap day, ends of months and of the year, and the days on which clocks change there."""
    offsets: Callable[[date], Any] = lambda day: datetime.combine(day, time(0), ZoneInfo(zone)).utcoffset()  # noqa: E731
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(365)]
    changes = [day for day in days if offsets(day) != offsets(day + timedelta(days=1))]
    return [date(year, 1, 31), date(year, 2, 29), date(year, 2, 1), date(year, 12, 2), date(year, 12, 31), *changes]


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ZONES)
def test_yearly_charge_is_told_30_and_7_days_ahead_by_the_newsrooms_calendar(zone: str) -> None:
    """However the clocks change in between; early and late today, at the first and last moment of the charge's day."""
    Newsroom.objects.update(zone=zone)
    there = ZoneInfo(zone)
    givers = {(days, edge): giver(f"{days}-{edge.hour}") for days in RENEWALS for edge in (time(0), LAST_MOMENT)}
    wanted = {f"{days}-{edge.hour}": RENEWALS[days] for days, edge in givers if RENEWALS[days]}
    for day in special_days(leap_year(), zone):
        for hour in (time(0), LATE):
            for (days, edge), donation in givers.items():
                donation.period_end = datetime.combine(day + timedelta(days=days), edge, there).astimezone(UTC)
            Donation.objects.bulk_update(givers.values(), ["period_end"])
            at(datetime.combine(day, hour, there))
            reminders.write_due()
            assert told() == wanted, (day, hour)
            for letter in Letter.objects.filter(to__startswith="30-"):
                assert f"Charged on: {_long(day + timedelta(days=30))}\n" in letter.text
            Letter.objects.all().delete()


def _long(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


@pytest.mark.django_db
def test_card_is_told_of_in_its_last_30_days(today: date) -> None:
    for days in (-1, 0, 30, 31):
        giver(f"in{days}", card_expires_on=today + timedelta(days=days))
    reminders.write_due()
    assert told() == {"in0": "card_expiring", "in30": "card_expiring"}


@pytest.mark.django_db
def test_card_that_ends_with_february_is_told_of_on_the_same_day_in_a_leap_year_and_in_another() -> None:
    for year in (leap_year(), leap_year() + 1):
        end = date(year, 2, calendar.monthrange(year, 2)[1])
        giver(f"card{year}", card_expires_on=end)
        at(datetime.combine(end - timedelta(days=31), LATE, KYIV))
        reminders.write_due()
        assert f"card{year}" not in told()
        at(datetime.combine(end - timedelta(days=30), time(0), KYIV))
        reminders.write_due()
        assert told()[f"card{year}"] == "card_expiring"


@pytest.mark.django_db
def test_pause_is_told_of_in_its_last_3_days(today: date) -> None:
    for days in (0, 1, 3, 4):
        resumes_at = clock.start_of(today + timedelta(days=days))
        giver(f"in{days}", paused_at=clock.now(), resumes_at=resumes_at, period_end=resumes_at + timedelta(days=40))
    giver("no end", paused_at=clock.now())
    reminders.write_due()
    assert told() == {"in1": "pause_ending", "in3": "pause_ending"}


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ZONES)
def test_statement_is_told_of_in_january_to_whoever_gave_in_the_newsrooms_year(zone: str) -> None:
    Newsroom.objects.update(zone=zone)
    there, year = ZoneInfo(zone), leap_year()
    first = datetime(year, 1, 1, tzinfo=there).astimezone(UTC)
    last = datetime.combine(date(year, 12, 31), LAST_MOMENT, there).astimezone(UTC)
    instant = timedelta(microseconds=1)
    for name, paid_at in {"first": first, "last": last, "before": first - instant, "after": last + instant}.items():
        rows.payment(giver(name), payment_intent=f"pi_{name}", charge=f"ch_{name}", paid_at=paid_at)
    rows.payment(giver("failed"), payment_intent="pi_failed", charge=None, state="failed", paid_at=None)

    at(last - timedelta(minutes=10))
    reminders.write_due()
    assert told() == {}
    at(last + instant)
    reminders.write_due()
    assert told() == {"first": "statement_ready", "last": "statement_ready"}
    assert f"Your statement for {year} is ready" in Letter.objects.values_list("subject", flat=True)
    at(datetime.combine(date(year + 1, 1, 31), LATE, there))
    assert reminders.write_due() == 0
    Letter.objects.all().delete()
    at(datetime(year + 1, 2, 1, tzinfo=there))
    assert reminders.write_due() == 0


@pytest.mark.django_db
def test_each_is_told_once_and_a_day_that_was_missed_is_made_up(today: date) -> None:
    giver("yearly", period_end=noon(today + timedelta(days=33)))
    written = Counter[str]()
    for days in (0, 3, 3, 4, 6, 7, 20, 29, 30, 31, 32):  # the 26th to the 3rd day ahead were missed, but one
        at(noon(today + timedelta(days=days)) + timedelta(minutes=days))
        reminders.write_due()
        written = Counter(Letter.objects.values_list("occasion", flat=True))
        assert written == Counter(["renewal"] * (days >= 3) + ["renewal_soon"] * (days >= 29))


@pytest.mark.django_db
def test_nobody_is_told_of_a_charge_that_does_not_come(today: date) -> None:
    soon = {"period_end": noon(today + timedelta(days=20)), "card_expires_on": None}
    giver("monthly", **soon | {"interval": "monthly"})
    giver("ending", **soon, cancels_at=soon["period_end"])
    giver("ended", **soon, subscription_status="canceled")
    giver("paused", **soon, paused_at=clock.now())
    rows.once(patron=rows.patron(email="once@example.org"))
    gone = giver("gone", **soon)
    Patron.objects.filter(donations=gone).update(email=f"gone@erased{NOWHERE}")
    reminders.write_due()
    assert told() == {}


@pytest.mark.django_db
def test_who_declined_reminders_is_told_of_the_charge_once(today: date) -> None:
    """A month ahead, as the law of some countries asks; not again a week ahead, and not of the card."""
    donation = giver("olena", period_end=noon(today + timedelta(days=20)), card_expires_on=today)
    Patron.objects.update(declined_letters=["reminders"])
    reminders.write_due()
    assert told() == {"olena": "renewal"}
    Donation.objects.filter(pk=donation.pk).update(period_end=noon(today + timedelta(days=5)))
    assert reminders.write_due() == 0


@pytest.mark.django_db
def test_row_that_cannot_be_put_into_words_holds_up_no_other(today: date, monkeypatch: pytest.MonkeyPatch) -> None:
    donations = [giver(f"reader{number}", period_end=noon(today + timedelta(days=20))) for number in range(3)]
    honest = reminder_emails.renewal

    def odd(donation: Donation, *rest: Any, **more: Any) -> Draft:
        if donation == donations[1]:
            raise ValueError("olena@example.org")
        return honest(donation, *rest, **more)

    monkeypatch.setattr(reminder_emails, "renewal", odd)
    assert reminders.write_due() == 2
    assert told() == {"reader0": "renewal", "reader2": "renewal"}


# -- two runs at once ------------------------------------------------------------------------------------------------

PEOPLE, PAGE = 23, 5


@pytest.fixture
def both_at_work(monkeypatch: pytest.MonkeyPatch, world_db: None) -> list[int]:
    """Two runs of some pages each, which meet while each holds its first page, then one writes all it finds before the
    other goes on. What each has written."""
    day = date(leap_year(), 5, 10)
    at(noon(day))
    for number in range(PEOPLE):
        giver(f"reader{number}", period_end=noon(day + timedelta(days=20)))
    monkeypatch.setattr(reminders, "PAGE", PAGE)
    together, one_is_done, met = threading.Barrier(2), threading.Event(), threading.local()
    written, failures = list[int](), list[Exception]()
    told_by = reminder_emails.renewal

    def meet(*given: Any, **more: Any) -> Draft:
        if not hasattr(met, "yes"):
            met.yes = True
            if together.wait(60) == 0:
                assert one_is_done.wait(60)
        return told_by(*given, **more)

    def run() -> None:
        try:
            written.append(reminders.write_due())
        except Exception as error:  # noqa: BLE001  carried to the test's own thread
            failures.append(error)
        finally:
            one_is_done.set()
            connection.close()

    def begin() -> None:
        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not failures

    monkeypatch.setattr(reminder_emails, "renewal", meet)
    begin()
    return written


@pytest.mark.database
def test_two_runs_at_once_write_each_letter_once(both_at_work: list[int]) -> None:
    assert sum(both_at_work) == PEOPLE
    assert all(both_at_work)
    assert sorted(told()) == sorted(f"reader{number}" for number in range(PEOPLE))
    assert Letter.objects.count() == PEOPLE


@pytest.fixture
def keys_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Letters whose key names the run and not only the occasion, its object and its day."""
    honest = reminder_emails.renewal

    def careless(*given: Any, **more: Any) -> Draft:
        draft = honest(*given, **more)
        return replace(draft, key=f"{draft.key}:{threading.get_ident()}")

    monkeypatch.setattr(reminder_emails, "renewal", careless)


@pytest.mark.database
def test_control_without_the_key_two_runs_write_letters_twice(keys_of_their_own: None, both_at_work: list[int]) -> None:
    assert len(told()) == PEOPLE
    assert Letter.objects.count() == sum(both_at_work) > PEOPLE
