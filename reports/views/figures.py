"""What stands under /reports/ beside the month: retention, failed payments, where patrons come from, definitions."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from members import roles
from newsroom import clock
from newsroom.models import GivingCurrency
from payments import wording
from payments.models.invoice import Recovery
from reports import charts
from reports.definitions import DEFINITIONS
from reports.figure_forms import MonthForm, SpanForm
from reports.figures import coming, failing, monthly, months, persons
from reports.models import MovementKind
from reports.templatetags.figures import brief
from reports.views.month import YEAR, at, frame, progress, sees_money


@roles.required(*roles.EVERYONE)
@require_safe
def retention(request: HttpRequest) -> HttpResponse:
    """/reports/retention/?month=2026-10&payer=1: cohorts, churn, renewal, what patrons bring."""
    form = MonthForm(request.GET)
    chosen = form.chosen()
    payer = {"1": 1, "12": 12}.get(request.GET.get("payer", ""), 0)
    crowds, cohorts = persons.crowds(chosen), persons.cohorts(chosen, payer)
    shown = months.between(months.after(chosen, -YEAR), chosen)
    this = months.this()
    context = frame(request, form, chosen) | {
        "payer": payer,
        "cohorts": cohorts[-25:][::-1],
        "ages": range(25),
        "churn": [(one, [at(crowds[kind], one) for kind in (0, 1, 12)]) for one in shown[::-1]],
        "sums": {currency: [at(told, one) for one in shown[::-1]] for currency, told in monthly.steps(chosen).items()},
        "churned": [(str(kind), kind.label) for kind in (*monthly.LOSSES, MovementKind.EXPANSION)],
        "renewals": _known(persons.renewals(shown[0], chosen)),
        "pauses": _known(persons.pauses(shown[0], chosen)),
        **_values(persons.cohorts(this), this, request.GET.get("currency", "")),
        "value_ages": persons.VALUE_AGES,
        "projections": persons.projections(crowds[0], chosen),
    }  # fmt: skip
    return render(request, "reports/retention.html", context, status=200 if form.is_valid() else 400)


def _known(found: dict[date, tuple[int, int]]) -> list[tuple[date, int, int, Fraction]]:
    """Month, how many were due, how many went on, the share; newest first, once 30 days are over."""
    rows, today = sorted(found.items(), reverse=True), clock.today()
    return [
        (month, due, went_on, Fraction(went_on, due)) for month, (due, went_on) in rows if months.is_known(month, today)
    ]


def _values(cohorts: list[persons.Cohort], this: date, asked: str) -> dict[str, Any]:
    """Cohort, size, and what each of its members brought in 6, 12, 24 and 36 months, newest first, in the currency
    asked for, or else the newsroom's own."""
    sizes = {cohort.month: cohort.size for cohort in cohorts}
    found = persons.values(this)
    currencies = sorted({currency for _cohort, currency in found})
    chosen = next((code for code in (asked, GivingCurrency.home(), *currencies) if code in currencies), "")
    rows = []
    for (cohort, currency), sums in found.items():
        size = sizes.get(cohort, 0)
        if currency == chosen:
            each = [Fraction(sums[age], size) if age in sums and size else None for age in persons.VALUE_AGES]
            rows.append((cohort, size, each))
    return {"values": rows[::-1][:60], "value_currency": chosen, "value_currencies": currencies}


@roles.required(*roles.MONEY)
@require_safe
def failed(request: HttpRequest) -> HttpResponse:
    """/reports/failed/?month=2026-10: how many payments failed, what mended them, what is at risk."""
    form = MonthForm(request.GET)
    chosen = form.chosen()
    shown = failing.shown(chosen)
    rates = failing.rates(shown[0], chosen)
    due = {one: sum(rate.due for rate in rates if rate.month == one) for one in shown}
    failures = {one: sum(rate.failed for rate in rates if rate.month == one) for one in shown}
    by_currency: dict[str, list[failing.Rate]] = defaultdict(list)
    for rate in rates:
        by_currency[rate.currency].append(rate)
    counts = [failures[one] for one in shown]
    recovered = _recoveries(failing.recoveries(shown[0], chosen))
    context = frame(request, form, chosen) | {
        "in_all": [(one, due[one], failures[one]) for one in shown[::-1] if due[one]],
        "rates": [(currency, found, failing.together(found)) for currency, found in sorted(by_currency.items())],
        "chart": charts.columns(
            "failed", _("Invoices whose first attempt failed, by month"), [brief(one) for one in shown],
            [(_("Failed"), counts,
              [f"{brief(one)}: {intcomma(n)}" for one, n in zip(shown, counts, strict=True)])],
            peak=intcomma(max(counts)),
        ),
        "who": [(who, [(way, Recovery(way).label) for way in ways]) for who, ways in _who()],
        "recovered_by_month": [row for row in recovered if not row["cause"]],
        "recovered_by_cause": _by_cause(row for row in recovered if row["cause"] and not row["is_open"]),
        "recoveries": [row for row in recovered if row["cause"]],
        "exposure": failing.exposure(),
    }  # fmt: skip
    return render(request, "reports/failed.html", context, status=200 if form.is_valid() else 400)


def _who() -> list[tuple[str, list[Recovery]]]:
    """Who mended what had failed, and in which ways."""
    return [
        (_("By itself"), [Recovery.RETRY]), (_("The patron"), [Recovery.CARD, Recovery.GIVER]),
        (_("The newsroom"), [Recovery.OUTSIDE]),
    ]  # fmt: skip


def _recoveries(found: failing.Recoveries) -> list[dict[str, Any]]:
    """By month of the first failure, newest first, all causes and then each: how many were mended by what."""
    rows: dict[tuple[date, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for (first, _currency, code, by), (count, _minor) in found.items():
        rows[first, ""][by] += count
        rows[first, wording.cause(code)][by] += count
    today = clock.today()
    return [
        _recovery({"month": first, "cause": cause, "is_open": not months.is_known(first, today)}, dict(counts))
        for (first, cause), counts in sorted(rows.items(), key=lambda row: (-row[0][0].toordinal(), row[0][1]))
    ]


def _by_cause(recovered: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same rows summed over their months."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in recovered:
        for way, count in row["counts"].items():
            counts[row["cause"]][way] += count
    return [_recovery({"cause": cause}, dict(found)) for cause, found in counts.items()]


def _recovery(of: dict[str, Any], counts: dict[str, int]) -> dict[str, Any]:
    """What was mended by what, with the share that was."""
    every = sum(counts.values())
    share = Fraction(every - counts.get("", 0), every)
    return of | {"why": wording.reason(of["cause"]), "counts": counts, "all": every, "share": share}


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
        "form": form, "first": first, "last": last, "by": part, "rule": rule, "progress": progress(),
        "sees_money": sees_money(request),
        "sources": sources[:200], "left_out": max(0, len(sources) - 200), "totals": _in_all(first, last, rule),
        "rule_means": DEFINITIONS[f"rule_{rule}"],
        "chart": charts.columns(
            "origins", _("Patrons who joined, of the first twelve rows"), [str(n + 1) for n in range(len(named))],
            [(_("Joined"), [one.joined for one in named], [f"{one.label}: {intcomma(one.joined)}" for one in named])],
            peak=intcomma(max((one.joined for one in named), default=0)),
        ) if named else None,
    }  # fmt: skip
    return render(request, "reports/origins.html", context, status=200 if form.is_valid() else 400)


def _in_all(first: date, last: date, rule: str) -> list[tuple[str, date, date, coming.Source]]:
    """All that came in the span, in as many months before it, and in the same months a year earlier."""
    found = []
    for by, name in {0: _("Together"), months.age(first, last) + 1: _("Span before"), YEAR: _("Year before")}.items():
        begins, ends = months.after(first, -by), months.after(last, -by)
        if begins >= months.FIRST:
            found.append((name, begins, ends, coming.together(begins, ends, rule)))
    return found


@roles.required(*roles.EVERYONE)
@require_safe
def definitions(request: HttpRequest) -> HttpResponse:
    """/reports/definitions/: what every figure means."""
    return render(request, "reports/definitions.html", {"definitions": DEFINITIONS.values()})
