"""/reports/payments/refunds/: refunds above the newsroom's limit, which a second person approves or declines."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit import log
from members import roles
from payments import refund_requests, refunds
from payments.models import RefundRequest
from payments.models.operation import OperationState
from reports.refund_forms import DecisionForm
from reports.views.payments import BOOKKEEPERS


@roles.required(*roles.MONEY)
@require_http_methods(["GET", "HEAD", "POST"])
def requests(request: HttpRequest) -> HttpResponse:
    """All, newest first and without names of givers; with POST one is decided, by finance or an admin."""
    if request.method == "POST":
        return _decide(request)
    rows = RefundRequest.objects.select_related("payment", "asked_by", "decided_by", "operation")
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    context = {"page": page, "may_decide": roles.patron_of(request).role in BOOKKEEPERS}
    return render(request, "reports/refund_requests.html", context)


def _decide(request: HttpRequest) -> HttpResponse:
    """Logged before the money leaves, so that none is without its name; so is that nothing came of it."""
    staff, form = roles.patron_of(request), DecisionForm(request.POST)
    if staff.role not in BOOKKEEPERS:
        raise PermissionDenied
    if not form.is_valid():
        usual = [_("Nothing was decided: approve it, or decline it.")]
        messages.error(request, str(form.errors.get("reason", usual)[0]))
        return redirect("reports:refund-requests")
    said = form.cleaned_data
    row = get_object_or_404(RefundRequest.objects.select_related("payment", "asked_by"), pk=said["id"])
    facts: dict[str, Any] = {"request": row.pk, "amount_minor": row.amount_minor, "currency": row.payment.currency}
    log.record(
        staff, f"refund.{said['decision']}", target=f"payment:{row.payment_id}", reason=said["reason"], **facts
    )  # fmt: skip
    try:
        if said["decision"] == "decline":
            refund_requests.decline(row, by=staff, reason=said["reason"])
            messages.success(request, _("Declined. Nothing goes back, and whoever asked is told by letter."))
        else:
            operation = refund_requests.approve(row, by=staff, language=get_language() or "en")
            is_done = operation.state == OperationState.DONE
            messages.success(request, _("Sent back. It shows here as soon as Stripe confirms it.") if is_done else _(
                "Stripe does not answer at the moment. The refund is on its way and is tried again by itself."
            ))  # fmt: skip
    except refunds.RefundRefused as refusal:
        log.record(staff, "refund.refused", target=f"payment:{row.payment_id}", request=row.pk)
        messages.error(request, refusal.sentence)
    return redirect("reports:refund-requests")
