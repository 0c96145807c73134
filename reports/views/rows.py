"""/reports/rows/…/: what is behind a figure. Persons by number, no names."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from members import roles
from payments.models import Payment
from reports import paging
from reports.failing_forms import InvoicesForm, MembershipsForm
from reports.line_forms import LinesForm, PaymentsForm
from reports.models import Movement, OriginRow, PauseEnd, PersonOutcome, YearEnd
from reports.origin_forms import OriginsForm
from reports.person_forms import PausesForm, PersonsForm, YearsForm
from reports.row_forms import MovementsForm, RowsForm

PAGE = 100
Form = TypeVar("Form", bound=RowsForm)
# Rows, and behind which number the next page begins, if there is one.
Found = tuple[list[Any], int | None]


@roles.required(*roles.MONEY)
@require_safe
def movements(request: HttpRequest) -> HttpResponse:
    """/reports/rows/movements/?month=2026-10&currency=EUR&kind=new: the memberships behind a movement."""

    def found(form: MovementsForm) -> Found:
        rows = Movement.objects.filter(**form.wanted()).select_related("change")
        return paging.onward(rows, "at", form.cleaned_data["after"], PAGE)

    return _shown(request, "reports/movements.html", MovementsForm(request.GET), found)


@roles.required(*roles.MONEY)
@require_safe
def lines(request: HttpRequest) -> HttpResponse:
    """/reports/rows/lines/?first=2026-10-01&last=2026-10-31&currency=EUR&kind=payment: the lines behind a sum."""

    def found(form: LinesForm) -> Found:
        return paging.onward(form.lines(), "occurred_at", form.cleaned_data["after"], PAGE, form.parts())

    return _shown(request, "reports/lines.html", LinesForm(request.GET), found)


@roles.required(*roles.MONEY)
@require_safe
def payments(request: HttpRequest) -> HttpResponse:
    """/reports/rows/payments/?month=2026-10&currency=EUR&kind=refunded: a month's payments, what became of them."""

    def found(form: PaymentsForm) -> Found:
        said: int | None = form.cleaned_data["after"]
        if form.went_back():
            page, after = paging.onward_by(form.returned(), "payment_id", said, PAGE)
        else:
            page, after = paging.onward(form.paid(), "occurred_at", said, PAGE)
        return page if form.is_of_payments() else form.lines(page), after

    return _shown(request, "reports/lines_of_payments.html", PaymentsForm(request.GET), found)


@roles.required(*roles.MONEY)
@require_safe
def persons(request: HttpRequest) -> HttpResponse:
    """/reports/rows/persons/?month=2026-10&outcome=left&payer=12: those whom a month brought, took, changed or had."""

    def found(form: PersonsForm) -> Found:
        rows = list(form.live()[: PAGE + 1]) if form.is_live() else _of_month(form)
        return paging.cut(rows, "patron_id", PAGE)

    return _shown(request, "reports/persons.html", PersonsForm(request.GET), found)


def _of_month(form: PersonsForm) -> list[PersonOutcome]:
    found = PersonOutcome.objects.filter(**form.wanted()).order_by("patron_id")
    # Each by its index, so that whoever left for other reasons is not read to be sorted.
    apart = (row for outcome in form.outcomes() for row in found.filter(outcome=outcome)[: PAGE + 1])
    return sorted(apart, key=attrgetter("patron_id"))[: PAGE + 1]


@roles.required(*roles.MONEY)
@require_safe
def pauses(request: HttpRequest) -> HttpResponse:
    """/reports/rows/pauses/?month=2026-10: the pauses that were to end in a month, and what became of them."""

    def found(form: PausesForm) -> Found:
        rows = PauseEnd.objects.filter(month=form.cleaned_data["month"]).select_related("change")
        return paging.onward_by(rows, "change_id", form.cleaned_data["after"], PAGE)

    return _shown(request, "reports/pauses.html", PausesForm(request.GET), found)


@roles.required(*roles.MONEY)
@require_safe
def years(request: HttpRequest) -> HttpResponse:
    """/reports/rows/years/?month=2026-10: the paid years that ended in a month, and whether another was paid."""

    def found(form: YearsForm) -> Found:
        rows = YearEnd.objects.filter(month=form.cleaned_data["month"]).prefetch_related("invoice__payments")
        return paging.onward_by(rows, "invoice_id", form.cleaned_data["after"], PAGE)

    return _shown(request, "reports/years.html", YearsForm(request.GET), found)


@roles.required(*roles.MONEY)
@require_safe
def origins(request: HttpRequest) -> HttpResponse:
    """/reports/rows/origins/?first=2026-01&last=2026-10&by=ask&source=1&rule=first&what=joined: who came from where."""

    def found(form: OriginsForm) -> Found:
        rows = OriginRow.objects.filter(**form.wanted()).prefetch_related("donation__payments")
        return paging.onward(rows, "month", form.cleaned_data["after"], PAGE)

    return _shown(request, "reports/origin_rows.html", OriginsForm(request.GET), found)


@roles.required(*roles.MONEY)
@require_safe
def invoices(request: HttpRequest) -> HttpResponse:
    """/reports/rows/invoices/?what=failed&month=2026-10&currency=EUR: invoices that fell due, or failed, in a month."""

    def found(form: InvoicesForm) -> Found:
        # With the same query, so that a page without rows asks as often as another.
        paid = ArraySubquery(Payment.objects.filter(invoice=OuterRef("pk")).order_by("pk").values("pk"))
        rows = form.wanted().select_related("failure", "donation").annotate(paid_by=paid)
        return paging.onward(rows, form.moment(), form.cleaned_data["after"], PAGE)

    return _shown(request, "reports/invoices.html", InvoicesForm(request.GET), found)


@roles.required(*roles.MONEY)
@require_safe
def memberships(request: HttpRequest) -> HttpResponse:
    """/reports/rows/memberships/?what=expiring&currency=EUR: on what the monthly sum hangs, or who does not give."""

    def found(form: MembershipsForm) -> Found:
        return paging.onward(form.wanted(), form.order(), form.cleaned_data["after"], PAGE)

    return _shown(request, "reports/memberships.html", MembershipsForm(request.GET), found)


def _shown(request: HttpRequest, template: str, form: Form, found: Callable[[Form], Found]) -> HttpResponse:
    """A page of them; none, and what is wrong, if what the address asks for makes no sense."""
    rows, after = found(form) if form.is_valid() else ([], None)
    context = {"form": form, "rows": rows, "after": after}
    return render(request, template, context, status=200 if form.is_valid() else 400)
