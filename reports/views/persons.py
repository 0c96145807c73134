"""/reports/rows/persons/, pauses/ and years/: who is behind a figure that counts persons. By number, no names."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from members import roles
from reports.models import PauseEnd, PersonOutcome, YearEnd
from reports.person_forms import PausesForm, PersonsForm, YearsForm
from reports.row_forms import RowsForm

PAGE = 100


@roles.required(*roles.MONEY)
@require_safe
def persons(request: HttpRequest) -> HttpResponse:
    """/reports/rows/persons/?month=2026-10&outcome=left&payer=12: those whom a month brought, took, changed or had."""
    form, found = PersonsForm(request.GET), list[PersonOutcome]()
    if form.is_valid():
        found = list(form.live()[: PAGE + 1]) if form.is_live() else _of_month(form)
    return _shown(request, "reports/persons.html", form, found, "patron_id")


def _of_month(form: PersonsForm) -> list[PersonOutcome]:
    found = PersonOutcome.objects.filter(**form.wanted()).order_by("patron_id")
    # Each by its index, so that whoever left for other reasons is not read to be sorted.
    apart = (row for outcome in form.outcomes() for row in found.filter(outcome=outcome)[: PAGE + 1])
    return sorted(apart, key=attrgetter("patron_id"))[: PAGE + 1]


@roles.required(*roles.MONEY)
@require_safe
def pauses(request: HttpRequest) -> HttpResponse:
    """/reports/rows/pauses/?month=2026-10: the pauses that were to end in a month, and what became of them."""
    form, found = PausesForm(request.GET), list[PauseEnd]()
    if form.is_valid():
        rows = PauseEnd.objects.filter(**form.wanted()).select_related("change").order_by("change_id")
        found = list(rows[: PAGE + 1])
    return _shown(request, "reports/pauses.html", form, found, "change_id")


@roles.required(*roles.MONEY)
@require_safe
def years(request: HttpRequest) -> HttpResponse:
    """/reports/rows/years/?month=2026-10: the paid years that ended in a month, and whether another was paid."""
    form, found = YearsForm(request.GET), list[YearEnd]()
    if form.is_valid():
        rows = YearEnd.objects.filter(**form.wanted()).prefetch_related("invoice__payments").order_by("invoice_id")
        found = list(rows[: PAGE + 1])
    return _shown(request, "reports/years.html", form, found, "invoice_id")


def _shown(request: HttpRequest, template: str, form: RowsForm, found: Sequence[Any], key: str) -> HttpResponse:
    """A page of them; if there is one more, the next begins behind the key of the last that is shown."""
    after = getattr(found[PAGE - 1], key) if len(found) > PAGE else None
    context = {"form": form, "rows": found[:PAGE], "after": after}
    return render(request, template, context, status=200 if form.is_valid() else 400)
