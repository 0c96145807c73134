"""/reports/rows/persons/, pauses/ and years/: who is behind a figure that counts persons. By number, no names."""

from operator import attrgetter

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from members import roles
from reports.models import PauseEnd, PersonOutcome, YearEnd
from reports.person_forms import PausesForm, PersonsForm, YearsForm

PAGE = 100


@roles.required(*roles.MONEY)
@require_safe
def persons(request: HttpRequest) -> HttpResponse:
    """/reports/rows/persons/?month=2026-10&outcome=left&payer=12: those whom a month brought, took, changed or had."""
    form, rows = PersonsForm(request.GET), list[PersonOutcome]()
    if form.is_valid():
        rows = list(form.live()[: PAGE + 1]) if form.is_live() else _of_month(form)
    context = {"form": form, "rows": rows[:PAGE], "after": rows[PAGE - 1].patron_id if len(rows) > PAGE else None}
    return render(request, "reports/persons.html", context, status=200 if form.is_valid() else 400)


def _of_month(form: PersonsForm) -> list[PersonOutcome]:
    found = PersonOutcome.objects.filter(**form.wanted()).order_by("patron_id")
    # Each by its index, so that whoever left for other reasons is not read to be sorted.
    apart = (row for outcome in form.outcomes() for row in found.filter(outcome=outcome)[: PAGE + 1])
    return sorted(apart, key=attrgetter("patron_id"))[: PAGE + 1]


@roles.required(*roles.MONEY)
@require_safe
def pauses(request: HttpRequest) -> HttpResponse:
    """/reports/rows/pauses/?month=2026-10: the pauses that were to end in a month, and what became of them."""
    form, rows = PausesForm(request.GET), list[PauseEnd]()
    if form.is_valid():
        found = PauseEnd.objects.filter(**form.wanted()).select_related("change").order_by("change_id")
        rows = list(found[: PAGE + 1])
    context = {"form": form, "rows": rows[:PAGE], "after": rows[PAGE - 1].change_id if len(rows) > PAGE else None}
    return render(request, "reports/pauses.html", context, status=200 if form.is_valid() else 400)


@roles.required(*roles.MONEY)
@require_safe
def years(request: HttpRequest) -> HttpResponse:
    """/reports/rows/years/?month=2026-10: the paid years that ended in a month, and whether another was paid."""
    form, rows = YearsForm(request.GET), list[YearEnd]()
    if form.is_valid():
        found = YearEnd.objects.filter(**form.wanted()).prefetch_related("invoice__payments").order_by("invoice_id")
        rows = list(found[: PAGE + 1])
    context = {"form": form, "rows": rows[:PAGE], "after": rows[PAGE - 1].invoice_id if len(rows) > PAGE else None}
    return render(request, "reports/years.html", context, status=200 if form.is_valid() else 400)
