"""What stands under /reports/ beside the month: retention, failed payments, where patrons come from, definitions."""

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from members import roles
from newsroom import clock
from payments import wording
from payments.models.invoice import Recovery
from reports import charts
from reports.definitions import DEFINITIONS
from reports.figure_forms import MonthForm, SpanForm
from reports.figures import coming, failing, monthly, months, persons
from reports.templatetags.figures import short_month
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
        "renewals": _known(persons.renewals(shown[0], chosen)),
        "pauses": _known(persons.pauses(shown[0], chosen)),
        "values": _values(persons.cohorts(this), this),
        "value_ages": persons.VALUE_AGES,
        "projections": persons.projections(crowds[0], chosen),
    }  # fmt: skip
    return render(request, "reports/retention.html", context, status=200 if form.is_valid() else 400)


def _known(found: dict[date, tuple[int, int]]) -> list[tuple[date, int, int, Fraction]]:
    """Month, how many were due, how many went on, the share; newest first, once 30 days are over."""
    over = clock.today() - timedelta(days=30)
    rows = sorted(found.items(), reverse=True)
    return [
        (month, due, went_on, Fraction(went_on, due)) for month, (due, went_on) in rows if months.last_day(month) < over
    ]


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
    context = frame(request, form, chosen) | {
        "rates": rates,
        "chart": charts.columns(
            "failed", _("Invoices whose first attempt failed, by month"), [short_month(one) for one in shown],
            [(_("Failed"), counts,
              [f"{short_month(one)}: {intcomma(n)}" for one, n in zip(shown, counts, strict=True)])],
            peak=intcomma(max(counts)),
        ),
        "recoveries": _recoveries(failing.recoveries(first, chosen)),
        "who": [(who, [(way, Recovery(way).label) for way in ways]) for who, ways in _who()],
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
    codes: dict[str, str] = {}
    for (first, _currency, code, by), (count, _minor) in found.items():
        cause = wording.cause(code)
        codes.setdefault(cause, code)
        rows[first, ""][by] += count
        rows[first, cause][by] += count
    today = clock.today()
    return [
        {
            "month": first, "cause": wording.why(codes[cause]) if cause else "", "counts": dict(counts),
            "all": sum(counts.values()),
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
        "form": form, "first": first, "last": last, "by": part, "rule": rule, "progress": progress(),
        "sees_money": sees_money(request),
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
