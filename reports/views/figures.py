"""/reports/ and what stands under it: the month, retention, failed payments, where patrons come from."""

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
from payments import wording
from payments.models.invoice import Recovery
from reports import charts
from reports.definitions import DEFINITIONS
from reports.figure_forms import MonthForm, SpanForm
from reports.figures import coming, failing, headline, money, monthly, months, persons
from reports.models import MovementKind, Progress
from reports.templatetags.figures import amount, short_month

Row = TypeVar("Row")

YEAR = 12
GAINS = (MovementKind.NEW, MovementKind.REACTIVATED, MovementKind.EXPANSION, MovementKind.RESUMED)


def _progress() -> Progress:
    return Progress.objects.get(id=1)


def _sees_money(request: HttpRequest) -> bool:
    """An editor sees counts."""
    return roles.patron_of(request).role in roles.MONEY


def _frame(request: HttpRequest, form: MonthForm, month: date) -> dict[str, Any]:
    """What every page of a month needs: the form, the month, its neighbours, and how far the sums have come."""
    this = months.this()
    return {
        "form": form, "month": month, "earlier": months.after(month, -1),
        "later": months.after(month) if month < this else None, "is_running": month >= this, "progress": _progress(),
        "sees_money": _sees_money(request),
    }  # fmt: skip


@roles.required(*roles.EVERYONE)
@require_safe
def month(request: HttpRequest) -> HttpResponse:
    """/reports/?month=2026-10: what came in, what stands, what moved; beside the month before and the year before."""
    form = MonthForm(request.GET)
    chosen = form.chosen()
    steps, crowds = monthly.steps(chosen), persons.crowds(chosen)[0]
    context = _frame(request, form, chosen) | {
        "today": _received(*(2 * (clock.today(),))) if chosen == months.this() else None,
        "received": _received(chosen, months.last_day(chosen)),
        "received_before": _in_month(months.after(chosen, -1)),
        "received_year": _in_month(months.after(chosen, -YEAR)),
        "net": _net(chosen),
        "returns": _thrice(money.returns, chosen),
        "gifts": _thrice(_gifts, chosen),
        "sums": [_sum(told, chosen) for told in steps.values()],
        "history": _history(steps, request.GET.get("currency", "")),
        "kinds": [(str(kind), kind.label) for kind in MovementKind],
        "headline": _headline(steps, chosen),
        "goal": _goal(steps, crowds, chosen),
        "crowd": _at(crowds, chosen),
        "crowd_before": _at(crowds, months.after(chosen, -1)),
        "crowd_year": _at(crowds, months.after(chosen, -YEAR)),
        "apart": persons.apart() if chosen == months.this() else None,
        "patrons_chart": charts.columns(
            "patrons", _("Active patrons at the end of each month"), [short_month(one.month) for one in crowds[-37:]],
            [(_("Active patrons"), [one.closing for one in crowds[-37:]],
              [f"{short_month(one.month)}: {intcomma(one.closing)}" for one in crowds[-37:]])],
            peak=intcomma(max((one.closing for one in crowds[-37:]), default=0)),
        ),
    }  # fmt: skip
    return render(request, "reports/month.html", context, status=200 if form.is_valid() else 400)


def _thrice(read: Callable[[date], Mapping[str, Row]], chosen: date) -> list[tuple[str, list[Row | None]]]:
    """By currency, the month, the month before and the year before."""
    found = [read(months.after(chosen, by)) for by in (0, -1, -YEAR)]
    return [(currency, [rows.get(currency) for rows in found]) for currency in sorted({*found[0], *found[1]})]


def _gifts(month: date) -> dict[str, money.Gifts]:
    return {row.currency: row for row in money.gifts(month, month)}


def _received(first: date, last: date) -> list[money.Seen]:
    return money.seen(first, last + timedelta(days=1))


def _in_month(first: date) -> dict[str, money.Seen]:
    return {row.currency: row for row in _received(first, months.last_day(first))}


def _net(chosen: date) -> list[dict[str, Any]]:
    """By currency of settlement: the month's kinds of lines, the net, the month before and the year before."""
    spans = {name: months.after(chosen, by) for name, by in (("now", 0), ("before", -1), ("year", -YEAR))}
    found = {name: money.settled(first, months.after(first)) for name, first in spans.items()}
    by_gift = money.by_gift_month(chosen)
    return [
        {
            "currency": currency, "kinds": found["now"].get(currency, {}), **_parts(found["now"].get(currency, {})),
            "net": money.net(found["now"].get(currency, {})), "by_gift": by_gift.get(currency, 0),
            "before": money.net(found["before"].get(currency, {})), "year": money.net(found["year"].get(currency, {})),
        }
        for currency in sorted({*found["now"], *found["before"], *by_gift})
    ]  # fmt: skip


def _parts(kinds: dict[str, int]) -> dict[str, int]:
    """Refunds, disputes and fees, each with what came back of it."""
    parts = {
        "refunds": ("refund", "refund_reversal", "return"), "disputes": ("dispute", "dispute_reversal"),
        "fees": ("fee", "dispute_fee"),
    }  # fmt: skip
    return {name: sum(kinds.get(kind, 0) for kind in of) for name, of in parts.items()}


def _at(rows: list[Any], when: date) -> Any:
    return next((row for row in rows if row.month == when), None)


def _goal(steps: dict[str, list[monthly.Step]], crowds: list[persons.Crowd], chosen: date) -> dict[str, Any] | None:
    """The goal that holds at the end of the month, or today, and how far it is."""
    goal = goals.on(min(months.last_day(chosen), clock.today()))
    if goal is None:
        return None
    row = _at(steps.get(goal.currency, []) if goal.currency else crowds, chosen)
    reached = row.closing if row else 0
    return {"goal": goal, "reached": reached, "share": Fraction(reached) / goal.target}


def _sum(told: list[monthly.Step], chosen: date) -> dict[str, Any]:
    """One currency's monthly sum with its movements, and those that it is compared with."""
    at = {"step": chosen, "before": months.after(chosen, -1), "year": months.after(chosen, -YEAR)}
    return {"currency": told[0].currency} | {name: _at(told, month) for name, month in at.items()}


def _history(steps: dict[str, list[monthly.Step]], asked: str) -> dict[str, Any] | None:
    """Three years of the monthly sum month by month, in the currency asked for, or else the newsroom's own."""
    currency = next((code for code in (asked, GivingCurrency.home(), *steps) if code in steps), None)
    if currency is None:
        return None
    shown = steps[currency][-37:]
    labels = [short_month(step.month) for step in shown]

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


def _headline(steps: dict[str, list[monthly.Step]], chosen: date) -> dict[str, Any] | None:
    """The monthly sum of all currencies at the month's end, and what the change of rates made of the opening."""
    home = GivingCurrency.home()
    here = {currency: step for currency, told in steps.items() if (step := _at(told, chosen))}
    if not home or not here:
        return None
    now, then = headline.rates(home, months.last_day(chosen)), headline.rates(home, chosen - timedelta(days=1))
    openings = {currency: step.opening for currency, step in here.items()}
    earlier = [months.after(chosen, by) for by in (-1, -YEAR)]
    closing = headline.told({currency: step.closing for currency, step in here.items()}, home, now)
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
        "before": [_closing(steps, month, home) for month in earlier],
    }


def _closing(steps: dict[str, list[monthly.Step]], month: date, home: str) -> Fraction | None:
    """The monthly sum of all currencies at another month's end, by the rates of then; None before the first of them."""
    there = {currency: step.closing for currency, told in steps.items() if (step := _at(told, month))}
    then = headline.rates(home, months.last_day(month))
    return headline.told(there, home, then).minor if there else None


@roles.required(*roles.EVERYONE)
@require_safe
def retention(request: HttpRequest) -> HttpResponse:
    """/reports/retention/?month=2026-10&payer=1: cohorts, churn, renewal, what patrons bring."""
    form = MonthForm(request.GET)
    chosen = form.chosen()
    payer = {"1": 1, "12": 12}.get(request.GET.get("payer", ""), 0)
    crowds, cohorts = persons.crowds(chosen), persons.cohorts(chosen, payer)
    shown = months.between(months.after(chosen, -YEAR), chosen)
    renewed, today = persons.renewals(shown[0], chosen), clock.today()
    this = today.replace(day=1)
    context = _frame(request, form, chosen) | {
        "payer": payer,
        "cohorts": cohorts[-25:][::-1],
        "ages": range(25),
        "churn": [(one, [_at(crowds[kind], one) for kind in (0, 1, 12)]) for one in shown[::-1]],
        "sums": {currency: [_at(told, one) for one in shown[::-1]] for currency, told in monthly.steps(chosen).items()},
        "renewals": [
            (one, *renewed[one], Fraction(renewed[one][1], renewed[one][0]))
            for one in shown[::-1] if one in renewed and today > months.last_day(one) + timedelta(days=30)
        ],
        "values": _values(persons.cohorts(this), this),
        "value_ages": persons.VALUE_AGES,
        "projections": persons.projections(crowds[0], chosen),
    }  # fmt: skip
    return render(request, "reports/retention.html", context, status=200 if form.is_valid() else 400)


def _values(cohorts: list[persons.Cohort], this: date) -> list[tuple[date, str, int, list[Fraction | None]]]:
    """Cohort, currency, size, and what each of its members brought in 6, 12, 24 and 36 months. Newest first."""
    sizes = {cohort.month: cohort.size for cohort in cohorts}
    rows = []
    for (cohort, currency), sums in persons.values(this).items():
        size = sizes.get(cohort, 0)
        each = [Fraction(sums[age], size) if age in sums and size else None for age in persons.VALUE_AGES]
        rows.append((cohort, currency, size, each))
    return rows[::-1][:60]


@roles.required(*roles.MONEY)
@require_safe
def failed(request: HttpRequest) -> HttpResponse:
    """/reports/failed/?month=2026-10: how many payments failed, what mended them, what is at risk."""
    form = MonthForm(request.GET)
    chosen = form.chosen()
    first = months.after(chosen, -YEAR)
    rates = failing.rates(first, chosen)
    by_month: dict[date, list[failing.Rate]] = defaultdict(list)
    for rate in rates:
        by_month[rate.month].append(rate)
    shown = months.between(first, chosen)
    counts = [sum(rate.failed for rate in by_month[one]) for one in shown]
    context = _frame(request, form, chosen) | {
        "rates": rates,
        "chart": charts.columns(
            "failed", _("Invoices whose first attempt failed, by month"), [short_month(one) for one in shown],
            [(_("Failed"), counts,
              [f"{short_month(one)}: {intcomma(n)}" for one, n in zip(shown, counts, strict=True)])],
            peak=intcomma(max(counts)),
        ),
        "recoveries": _recoveries(failing.recoveries(first, chosen)),
        "by": [*Recovery.choices, ("unknown", _("not known")), ("", _("not within 30 days"))],
        "exposure": failing.exposure(),
    }  # fmt: skip
    return render(request, "reports/failed.html", context, status=200 if form.is_valid() else 400)


def _recoveries(found: failing.Recoveries) -> list[dict[str, Any]]:
    """By month of the first failure and cause, newest first: how many were mended by what, and the share that was."""
    rows: dict[tuple[date, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    codes: dict[str, str] = {}
    for (first, _currency, code, by), (count, _minor) in found.items():
        cause = wording.cause(code)
        codes.setdefault(cause, code)
        rows[first, cause][by] += count
    today = clock.today()
    return [
        {
            "month": first, "cause": wording.why(codes[cause]), "counts": dict(counts), "all": sum(counts.values()),
            "share": Fraction(sum(counts.values()) - counts.get("", 0), sum(counts.values())),
            "is_open": today <= months.last_day(first) + timedelta(days=30),
        }
        for (first, cause), counts in sorted(rows.items(), key=lambda row: (-row[0][0].toordinal(), row[0][1]))
    ]  # fmt: skip


@roles.required(*roles.EVERYONE)
@require_safe
def origins(request: HttpRequest) -> HttpResponse:
    """/reports/origins/?first=2026-01&last=2026-10&by=story&rule=joining."""
    form = SpanForm(request.GET)
    first, last = form.chosen()
    part, rule = form.word("by", coming.PARTS), form.word("rule", coming.Rule.values)
    sources = coming.sources(first, last, part, rule)
    named = [source for source in sources if source.label][:12]
    context = {
        "form": form, "first": first, "last": last, "by": part, "rule": rule, "progress": _progress(),
        "sees_money": _sees_money(request),
        "sources": sources[:200], "left_out": max(0, len(sources) - 200), "rule_means": DEFINITIONS[f"rule_{rule}"],
        "chart": charts.columns(
            "origins", _("Patrons who joined, of the first twelve rows"), [str(n + 1) for n in range(len(named))],
            [(_("Joined"), [one.joined for one in named], [f"{one.label}: {intcomma(one.joined)}" for one in named])],
            peak=intcomma(max((one.joined for one in named), default=0)),
        ) if named else None,
    }  # fmt: skip
    return render(request, "reports/origins.html", context, status=200 if form.is_valid() else 400)


@roles.required(*roles.EVERYONE)
@require_safe
def definitions(request: HttpRequest) -> HttpResponse:
    """/reports/definitions/: what every figure means."""
    return render(request, "reports/definitions.html", {"definitions": DEFINITIONS.values()})
