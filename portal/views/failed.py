"""Payments of a gift that could not be collected: what happened, what was sent, and what mends it."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from letters import printing
from members import roles
from payments import dunning
from payments.models import Invoice


@roles.signed_in
@require_safe
def failed(request: HttpRequest, reference: UUID) -> HttpResponse:
    """/account/donations/…/failed/: of one's own gift; another's is answered as if there were none."""
    language = get_language() or "en"
    own = Invoice.objects.failed().filter(donation__patron=roles.patron_of(request), donation__reference=reference)
    failures = [
        {
            "amount": invoice.due.format(language),
            "day": printing.day(invoice.period_start, language),
            "mend": dunning.mend(invoice),
            "steps": dunning.timeline(invoice),
        }
        for invoice in own.select_related("donation__membership").order_by("-period_start", "-id")
    ]
    if not failures:
        raise Http404
    return render(request, "portal/failed.html", {"failures": failures})
