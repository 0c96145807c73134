"""/reports/days/: money day by day, drawn as far back as it goes, and of some days in a table."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from members import roles
from money.currencies import exponent
from money.money import around_number
from newsroom import clock
from newsroom.models import GivingCurrency
from reports import charts
from reports.figure_forms import DaysForm
from reports.figures import days as figures
from reports.figures import months
from reports.templatetags.figures import amount, brief
from reports.views.month import YEAR, progress

ONE = timedelta(days=1)
# So many stand in the table one by one: a year, and room to compare it with a little more.
MOST_DAYS = 400


@roles.required(*roles.MONEY)
@require_safe
def days(request: HttpRequest) -> HttpResponse:
    """/reports/days/?first=2026-09-01&last=2026-11-30&currency=EUR: what came, went back and stayed each day."""
    today = clock.today()
    form = DaysForm(request.GET, today=today, currencies=figures.currencies(), home=GivingCurrency.home())
    first, last, currency = form.chosen()
    life = figures.life(currency, today)
    context = {
        "form": form, "progress": progress(), "currency": currency, "first": first, "last": last,
        "is_by_month": (last - first).days >= MOST_DAYS,
        "rows": _rows(life, first, min(last, today)),
        "sums": [(name, *span, figures.between(life, *span)) for name, span in _spans(first, last)],
        "lines": _lines(),
        "drawn": _drawn(life, currency, today) if life else None,
        "chart": _chart(figures.by_month(life), currency, today) if life else None,
    }  # fmt: skip
    return render(request, "reports/days.html", context, status=200 if form.is_valid() else 400)


def _rows(life: figures.Days, first: date, last: date) -> list[tuple[date, date, figures.Day | None]]:
    """The days from the last to the first; of more than a table shows, what of each month is among them."""
    if (last - first).days < MOST_DAYS:
        return [(day, day, life.get(day)) for day in (last - n * ONE for n in range((last - first).days + 1))]
    found = figures.by_month({day: row for day, row in life.items() if first <= day <= last})
    shown = months.between(first.replace(day=1), last)[::-1]
    return [(max(first, month), min(last, months.last_day(month)), found.get(month)) for month in shown]


def _spans(first: date, last: date) -> list[tuple[str, tuple[date, date]]]:
    """The days asked for, and those that they are compared with."""
    year_before = (clock.months_later(first, -YEAR), clock.months_later(last, -YEAR))
    return [
        (_("These days"), (first, last)),
        (_("As many days before"), (first - (last - first) - ONE, first - ONE)),
        (_("The same days a year before"), year_before),
    ]


def _lines() -> dict[str, str]:
    """The lines of the chart that is drawn by script."""
    return {
        "received": _("Together"), "recurring": _("Recurring"), "single": _("Single gifts"), "back": _("Went back"),
        "net": _("Net income"),
    }  # fmt: skip


def _drawn(life: figures.Days, currency: str, today: date) -> dict[str, Any]:
    """What static/js/days.js draws: each line's amounts, from the first day on which something happened until today."""
    begin = min(life)
    every = [life.get(begin + number * ONE) for number in range((today - begin).days + 1)]
    return {
        "first": begin,
        "digits": exponent(currency),
        **around_number(currency, get_language() or "en"),
        "lines": {name: [getattr(day, f"{name}_minor") if day else 0 for day in every] for name in _lines()},
    }


def _chart(found: figures.Days, currency: str, today: date) -> charts.Chart | None:
    """The same by months, without a script."""
    shown = months.between(min(found), today)
    labels = [brief(month) for month in shown]
    received = [found[month].received_minor if month in found else 0 for month in shown]
    back = [found[month].back_minor if month in found else 0 for month in shown]

    def words(values: list[int]) -> list[str]:
        return [f"{label}: {amount(value, currency)}" for label, value in zip(labels, values, strict=True)]

    return charts.columns(
        "months", _("Received in %(currency)s by month") % {"currency": currency}, labels,
        [(_("Received"), received, words(received)), (_("Went back"), back, words(back))],
        peak=amount(max(received), currency),
    )  # fmt: skip
