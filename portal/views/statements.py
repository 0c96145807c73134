"""Statements of what was given: asked for by a range of days, then a page and a PDF under a number of their own."""

from datetime import date
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_safe

from letters import printing
from limits import gates
from members import roles
from money.money import Money
from newsroom import clock
from payments import statement_pdf, statements
from payments.models import Payment, Statement
from portal.forms import StatementForm

ISSUED_AN_HOUR = 30


@roles.signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: HttpRequest) -> HttpResponse:
    """/account/statements/: those issued, and a new one; `?year=2026` presets the year. POST issues it."""
    form = StatementForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and (made := _issued(request, form)):
        return redirect("portal:statement", number=str(made))
    typed = form.data if form.is_bound else _preset(request.GET.get("year", ""))
    own = Statement.objects.filter(patron=roles.patron_of(request))[:50]
    context = {"form": form, "typed": typed, "years": _years(request), "issued": [_named(one) for one in own]}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "portal/statements.html", context, status=status)


def _issued(request: HttpRequest, form: StatementForm) -> Statement | None:
    """The statement that was asked for; None if the form now says why there is none."""
    patron, said = roles.patron_of(request), form.cleaned_data
    if not gates.allow("statement", str(patron.pk), limit=ISSUED_AN_HOUR, seconds=3600):
        form.add_error(None, statements.TooMany().sentence)
        return None
    try:
        return statements.issue(patron, first=said["first"], last=said["last"], language=said["language"])
    except statements.Refusal as refusal:
        form.add_error(refusal.field, refusal.sentence)
        return None


def _preset(year: str) -> dict[str, str]:
    """A whole year, or this year until today."""
    today = clock.today()
    chosen = int(year) if year.isascii() and year.isdigit() and len(year) == 4 else today.year
    if not 1 <= chosen <= today.year:
        chosen = today.year
    last = min(date(chosen, 12, 31), today)
    return {"first": f"{chosen:04d}-01-01", "last": last.isoformat(), "language": (get_language() or "en")[:2]}


def _years(request: HttpRequest) -> list[int]:
    """The years in which something was given, the newest first."""
    own = Payment.objects.received().filter(donation__patron=roles.patron_of(request))
    return sorted({clock.day(moment).year for moment in own.values_list("paid_at", flat=True) if moment}, reverse=True)


def _named(statement: Statement) -> dict[str, str]:
    language = get_language() or "en"
    return {
        "number": str(statement),
        "first": printing.day(statement.first_on, language),
        "last": printing.day(statement.last_on, language),
        "issued": printing.day(statement.issued_on, language),
    }


def _own(request: HttpRequest, number: str) -> Statement:
    """One's own; another's, and a number in another year than it was issued in, is answered as if there were none."""
    year, _dash, pk = number.removeprefix("S").partition("-")
    own = Statement.objects.filter(patron=roles.patron_of(request), issued_on__year=int(year))
    statement: Statement = get_object_or_404(own, pk=int(pk))
    return statement


@roles.signed_in
@require_safe
def statement(request: HttpRequest, number: str) -> HttpResponse:
    """/account/statements/S2026-000012/: in its own language, whatever that of the page is."""
    found = _own(request, number)
    with translation.override(found.language):
        return render(request, "portal/statement.html", _in_words(found))


def _in_words(found: Statement) -> dict[str, Any]:
    def printed(amount: Money) -> str:
        return amount.format(found.language)

    lines = [
        line
        | {
            "what": statement_pdf.kind(line),
            "day": printing.day(date.fromisoformat(line["on"]), found.language),
            "amount": printed(Money(line["amount_minor"], line["currency"])),
        }
        for line in found.content["lines"]
    ]
    totals = [[printed(amount) for amount in row] + [row[1].minor] for row in statements.totals(found)]
    return {"statement": found, **_named(found), "lines": lines, "totals": totals}


@roles.signed_in
@require_safe
def file(request: HttpRequest, number: str) -> HttpResponse:
    """/account/statements/S2026-000012.pdf"""
    found = _own(request, number)
    headers = {"Content-Disposition": f'attachment; filename="statement-{found}.pdf"'}
    return HttpResponse(statement_pdf.pdf(found), content_type="application/pdf", headers=headers)
