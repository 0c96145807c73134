"""/reports/: the month, and what frames every page of one."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, TypeVar

from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from asks import goals
from members import roles
from newsroom import clock
from newsroom.models import GivingCurrency
from reports import charts
from reports.figure_forms import MonthForm
from reports.figures import headline, money, monthly, months, persons
from reports.models import MovementKind, Progress
from reports.templatetags.figures import amount, brief

Row = TypeVar("Row")

YEAR = 12
GAINS = (MovementKind.NEW, MovementKind.REACTIVATED, MovementKind.EXPANSION, MovementKind.RESUMED)


def progress() -> Progress:
    return Progress.objects.get(id=1)


def sees_money(request: HttpRequest) -> bool:
    """An editor sees counts."""
    return roles.patron_of(request).role in roles.MONEY


def frame(request: HttpRequest, form: MonthForm, month: date) -> dict[str, Any]:
    """What every page of a month needs: the form, the month, its neighbours, and how far the sums have come."""
    this = months.this()
    return {
        "form": form, "month": month, "earlier": months.after(month, -1),
        "later": months.after(month) if month < this else None, "is_running": month >= this, "progress": progress(),
        "sees_money": sees_money(request),
    }  # fmt: skip


@roles.required(*roles.EVERYONE)
@require_safe
def month(request: HttpRequest) -> HttpResponse:
    """/reports/?month=2026-10: what came in, what stands, what moved; beside the month before and the year before."""
    form = MonthForm(request.GET)
    chosen = form.chosen()
    steps, crowds = monthly.steps(chosen), persons.crowds(chosen)[0]
    context = frame(request, form, chosen) | {
        "today": _today() if chosen == months.this() else None,
        "received": _thrice(_in_month, chosen),
        "net": _thrice(_net, chosen),
        "returns": _thrice(money.returns, chosen),
        "gifts": _thrice(_gifts, chosen),
        "sums": [_sum(told, chosen) for told in steps.values()],
        "history": _history(steps, request.GET.get("currency", "")),
        "kinds": [(str(kind), kind.label) for kind in MovementKind],
        "headline": _headline(steps, chosen, crowds),
        "goal": _goal(steps, crowds, chosen),
        "crowd": at(crowds, chosen),
        "crowd_before": at(crowds, months.after(chosen, -1)),
        "crowd_year": at(crowds, months.after(chosen, -YEAR)),
        "year_before": months.after(chosen, -YEAR),
        "apart": persons.apart() if chosen == months.this() else None,
        "patrons_chart": charts.columns(
            "patrons", _("Active patrons at the end of each month"), [brief(one.month) for one in crowds[-37:]],
            [(_("Active patrons"), [one.closing for one in crowds[-37:]],
              [f"{brief(one.month)}: {intcomma(one.closing)}" for one in crowds[-37:]])],
            peak=intcomma(max((one.closing for one in crowds[-37:]), default=0)),
        ),
    }  # fmt: skip
    return render(request, "reports/month.html", context, status=200 if form.is_valid() else 400)


def _thrice(read: Callable[[date], Mapping[str, Row]], chosen: date) -> list[tuple[str, list[tuple[date, Row | None]]]]:
    """By currency: the month, the month before and the year before, whichever of them has it."""
    found = {month: read(month) for month in (months.after(chosen, by) for by in (0, -1, -YEAR))}
    currencies = sorted({currency for rows in found.values() for currency in rows})
    return [(currency, [(month, rows.get(currency)) for month, rows in found.items()]) for currency in currencies]


def _gifts(month: date) -> dict[str, money.Gifts]:
    return {row.currency: row for row in money.gifts(month, month)}


def _received(first: date, last: date) -> list[money.Seen]:
    return money.seen(first, last + timedelta(days=1))


def _today() -> dict[str, Any]:
    day = clock.today()
    return {"day": day, "received": _received(day, day)}


def _in_month(first: date) -> dict[str, money.Seen]:
    return {row.currency: row for row in _received(first, months.last_day(first))}


def _net(month: date) -> dict[str, dict[str, int]]:
    """By currency of settlement: the parts of net income, net income, and the same by the month of the gift."""
    settled, by_gift = money.settled(month, months.after(month)), money.by_gift_month(month)
    return {
        currency: _parts(kinds) | {"net": money.net(kinds), "by_gift": by_gift.get(currency, 0)}
        for currency in {*settled, *by_gift}
        for kinds in [settled.get(currency, {})]
    }


def _parts(kinds: dict[str, int]) -> dict[str, int]:
    """Payments without those recorded by mistake; refunds, disputes and fees, each with what came back of it."""
    parts = {
        "payments": ("payment", "mistake"), "refunds": ("refund", "refund_reversal", "return"),
        "disputes": ("dispute", "dispute_reversal"),
        "fees": ("fee", "dispute_fee"),
    }  # fmt: skip
    return {name: sum(kinds.get(kind, 0) for kind in of) for name, of in parts.items()}


def at(rows: list[Any], when: date) -> Any:
    return next((row for row in rows if row.month == when), None)


def _goal(steps: dict[str, list[monthly.Step]], crowds: list[persons.Crowd], chosen: date) -> dict[str, Any] | None:
    """The goal that holds at the end of the month, or today, and how far it is."""
    goal = goals.on(min(months.last_day(chosen), clock.today()))
    if goal is None:
        return None
    row = at(steps.get(goal.currency, []) if goal.currency else crowds, chosen)
    reached = row.closing if row else 0
    return {"goal": goal, "reached": reached, "share": Fraction(reached) / goal.target}


def _sum(told: list[monthly.Step], chosen: date) -> dict[str, Any]:
    """One currency's monthly sum with its movements, and those that it is compared with."""
    spans = {"step": chosen, "before": months.after(chosen, -1), "year": months.after(chosen, -YEAR)}
    return {"currency": told[0].currency} | {name: at(told, month) for name, month in spans.items()}


def _history(steps: dict[str, list[monthly.Step]], asked: str) -> dict[str, Any] | None:
    """Three years of the monthly sum month by month, in the currency asked for, or else the newsroom's own."""
    currency = next((code for code in (asked, GivingCurrency.home(), *steps) if code in steps), None)
    if currency is None:
        return None
    shown = steps[currency][-37:]
    labels = [brief(step.month) for step in shown]

    def words(values: list[Fraction]) -> list[str]:
        return [f"{label}: {amount(value, currency)}" for label, value in zip(labels, values, strict=True)]

    closings = [step.closing for step in shown]
    gained = [sum((step.moved.get(kind, Fraction(0)) for kind in GAINS), Fraction(0)) for step in shown]
    lost = [sum(step.moved.values(), Fraction(0)) - gain for step, gain in zip(shown, gained, strict=True)]
    return {
        "currency": currency,
        "steps": shown[::-1],
        "kinds": [(str(kind), kind.label) for kind in MovementKind if any(step.moved.get(kind) for step in shown)],
        "chart": charts.columns(
            f"sum-{currency}", _("Monthly sum in %(currency)s at the end of each month") % {"currency": currency},
            labels, [(_("Monthly sum"), closings, words(closings))], peak=amount(max(closings), currency),
        ),
        "moves": charts.columns(
            f"moves-{currency}", _("What moved the monthly sum in %(currency)s") % {"currency": currency}, labels,
            [(_("gained"), gained, words(gained)), (_("lost"), lost, words(lost))], peak=amount(max(gained), currency),
        ),
    }  # fmt: skip


def _headline(steps: dict[str, list[monthly.Step]], chosen: date, crowds: list[persons.Crowd]) -> dict[str, Any] | None:
    """The monthly sum of all currencies at the month's end, also by the head, and what rates made of the opening."""
    home = GivingCurrency.home()
    here = {currency: step for currency, told in steps.items() if (step := at(told, chosen))}
    if not home or not here:
        return None
    now, then = headline.rates(home, months.last_day(chosen)), headline.rates(home, chosen - timedelta(days=1))
    openings = {currency: step.opening for currency, step in here.items()}
    closing = headline.told({currency: step.closing for currency, step in here.items()}, home, now)
    before = {month: _closing(steps, month, home) for month in (months.after(chosen, by) for by in (-1, -YEAR))}
    moved: dict[str, dict[str, Fraction]] = defaultdict(dict)
    for currency, step in here.items():
        for kind, value in step.moved.items():
            moved[kind][currency] = value
    opening = headline.told(
        {name: value for name, value in openings.items() if name not in closing.missing}, home, then
    )
    kinds = {str(kind): headline.told(moved[kind], home, now).minor for kind in MovementKind if moved[kind]}
    return {
        "closing": closing,
        "opening": opening,
        "moved": kinds,
        # Also where a rate was stored for the one day and not for the other.
        "exchange": closing.minor - opening.minor - sum(kinds.values(), Fraction(0)),
        "before": [told.minor if told else None for told in before.values()],
        "averages": [_each(told, at(crowds, month)) for month, told in ({chosen: closing} | before).items()],
    }


def _closing(steps: dict[str, list[monthly.Step]], month: date, home: str) -> headline.Headline | None:
    """The monthly sum of all currencies at another month's end, by the rates of then; None before the first of them."""
    there = {currency: step.closing for currency, told in steps.items() if (step := at(told, month))}
    then = headline.rates(home, months.last_day(month))  # asked for always: a page asks as often in any newsroom
    return headline.told(there, home, then) if there else None


def _each(told: headline.Headline | None, crowd: persons.Crowd | None) -> Fraction | None:
    """By the head. Without a currency that has no rate it would be too small."""
    return told.minor / crowd.closing if told and not told.missing and crowd and crowd.closing else None
