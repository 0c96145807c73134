"""What a patron gave: the payments with their receipts, and the name that stands beside each."""

import secrets

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from limits import gates
from members import roles
from payments import emails, receipt_pdf
from payments.forms import WishForm
from payments.models import Payment, Receipt
from payments.models.payment import PaymentQuerySet, PaymentState
from portal import wording

PAYMENTS_A_PAGE = 25
RESENT_AN_HOUR = 5


def own(request: HttpRequest) -> PaymentQuerySet:
    """One's own payments, the newest first; attempts that failed are no payments."""
    mine: PaymentQuerySet = Payment.objects.filter(donation__patron=roles.patron_of(request))
    mine = mine.exclude(state=PaymentState.FAILED).select_related("donation__patron", "receipt")
    return mine.order_by("-created_at", "-id")


@roles.signed_in
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """/account/payments/"""
    shown = Paginator(own(request), PAYMENTS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": shown,
        "payments": [wording.paid(payment, get_language() or "en") for payment in shown],
        "wish": secrets.token_hex(8),
    }
    return render(request, "portal/payments.html", context)


def _own_receipt(request: HttpRequest, number: str) -> Receipt:
    """One's own; another's is answered as if there were none."""
    year, _dash, count = number.partition("-")
    mine = Receipt.objects.filter(payment__donation__patron=roles.patron_of(request))
    receipt: Receipt = get_object_or_404(mine, year=int(year), number=int(count))
    return receipt


@roles.signed_in
@require_safe
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    """/account/receipts/2026-000012.pdf"""
    file = receipt_pdf.attachment(str(_own_receipt(request, number).pk))
    headers = {"Content-Disposition": f'attachment; filename="{file.filename}"'}
    return HttpResponse(file.content, content_type=file.mimetype, headers=headers)


@roles.signed_in
@require_POST
def resend(request: HttpRequest, number: str) -> HttpResponse:
    """/account/receipts/2026-000012/send/: the receipt's letter once more."""
    found, form = _own_receipt(request, number), WishForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("This request could not be read. Please try again."))
    elif not gates.allow("receipt again", str(request.user.pk), limit=RESENT_AN_HOUR, seconds=3600):
        messages.error(request, _("Several receipts were sent within an hour. Try again later, or open the PDF here."))
    else:
        emails.receipt(found.payment, again=form.cleaned_data["wish"])
        said = _("The receipt %(number)s is on its way to %(address)s.")
        messages.success(request, said % {"number": found, "address": roles.patron_of(request).email})
    return redirect("portal:payments")
