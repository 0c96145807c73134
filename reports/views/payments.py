"""/reports/payments/: the money that arrived, one payment, refunds, and what came without Stripe."""

import secrets
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit import log
from members import roles
from members.models import Role
from payments import names, offline, refund_requests, refunds
from payments.models import Payment, RefundRequest, StripeEvent
from payments.models.donation import Giver
from payments.models.operation import OperationState
from payments.models.payment import PaymentState, Source
from reports import paging
from reports.forms import AfterForm, OfflineForm, ReversalForm
from reports.refund_forms import RefundForm

PAGE = 50
BOOKKEEPERS = (Role.FINANCE, Role.ADMIN)
_WITH = ("donation__patron", "invoice", "receipt", "bank_line__file")


@roles.required(*roles.MONEY)
@require_safe
def payments(request: HttpRequest) -> HttpResponse:
    """/reports/payments/?after=70: all, newest first and without names; nobody counts them."""
    rows = Payment.objects.select_related("donation", "receipt")
    page, after = paging.onward(rows, "-pk", AfterForm(request.GET).chosen(), PAGE)
    context = {"page": page, "after": after, "waiting": RefundRequest.objects.open().count()}
    return render(request, "reports/payments.html", context)


@roles.required(*roles.PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def payment(request: HttpRequest, pk: int) -> HttpResponse:
    """/reports/payments/7/: all about one payment, logged; with POST a refund."""
    row = get_object_or_404(Payment.objects.select_related(*_WITH), pk=pk)
    left = refunds.left(row)
    form = RefundForm(request.POST if request.method == "POST" else None, left=left)
    if form.is_valid() and _refund(request, row, form):
        return redirect("reports:payment", pk=row.pk)
    log.record(roles.patron_of(request), "payment.view", target=f"payment:{row.pk}")
    is_refundable = row.source == Source.STRIPE and row.state == PaymentState.SUCCEEDED and left.minor > 0
    context: dict[str, Any] = {
        "payment": row,
        "events": StripeEvent.objects.of_payment(row).defer("body").order_by("created_at", "pk")[:50],
        "giver": names.of(row, names.Audience.PEOPLE),
        "request_open": RefundRequest.objects.open().filter(payment=row).first(),
        "wish": secrets.token_hex(8),
        "form": form if is_refundable or form.is_bound else None,
        "reversal": ReversalForm() if _may_reverse(request, row) else None,
    }
    return render(request, "reports/payment.html", context)


def _may_reverse(request: HttpRequest, row: Payment) -> bool:
    is_standing = row.source == Source.OFFLINE and row.state == PaymentState.SUCCEEDED and not row.refunded_minor
    return is_standing and roles.patron_of(request).role in BOOKKEEPERS


@roles.required(*BOOKKEEPERS)
@require_POST
def reverse_offline(request: HttpRequest, pk: int) -> HttpResponse:
    """/reports/payments/7/reverse/: takes back a bank transfer or cash that was recorded; logged with its reason."""
    row, form = get_object_or_404(Payment, pk=pk), ReversalForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Nothing was taken back: say what happened, and the reason."))
        return redirect("reports:payment", pk=row.pk)
    because = offline.Reversal(form.cleaned_data["because"])
    try:
        with transaction.atomic():
            offline.reverse(row, because=because)
            log.record(
                roles.patron_of(request), "offline.reverse", target=f"payment:{row.pk}", because=because.value,
                reason=form.cleaned_data["reason"],
            )  # fmt: skip
    except offline.NotReversible as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, _("Taken back. The giver is told by letter."))
    return redirect("reports:payment", pk=row.pk)


def _refund(request: HttpRequest, row: Payment, form: RefundForm) -> bool:
    """Asks for the refund. The wish is logged before it leaves, so that none is without its name and reason."""
    wish = form.cleaned_data
    is_alone = not refund_requests.needs_second(row, wish["amount"])
    log.record(
        roles.patron_of(request), "refund.issue" if is_alone else "refund.ask", target=f"payment:{row.pk}",
        reason=wish["reason"],
        amount_minor=wish["amount"].minor, currency=wish["amount"].currency, key=str(wish["key"]),
    )  # fmt: skip
    try:
        if not is_alone:
            return _ask_second(request, row, wish)
        operation = refunds.issue(row, wish["amount"], key=str(wish["key"]), language=get_language() or "en")
    except refunds.RefundRefused as refusal:
        log.record(roles.patron_of(request), "refund.refused", target=f"payment:{row.pk}", key=str(wish["key"]))
        form.add_error("amount", refusal.sentence)
        return False
    if operation.state == OperationState.DONE:
        messages.success(request, _("Sent back. It shows here as soon as Stripe confirms it."))
    else:
        messages.info(
            request, _("Stripe does not answer at the moment. The refund is on its way and is tried again by itself.")
        )
    return True


def _ask_second(request: HttpRequest, row: Payment, wish: dict[str, Any]) -> bool:
    """Above the newsroom's limit nothing leaves before a second person agrees. Raises a RefundRefused."""
    refund_requests.ask(
        row, wish["amount"], by=roles.patron_of(request), reason=wish["reason"], key=wish["key"],
        language=get_language() or "en",
    )  # fmt: skip
    messages.info(
        request,
        _("More than %(limit)s of one payment goes back only if a second person agrees. The request waits for finance.")
        % {"limit": refund_requests.limit(row.currency).format(get_language() or "en")},
    )
    return True


@roles.required(*BOOKKEEPERS)
@require_http_methods(["GET", "HEAD", "POST"])
def record_offline(request: HttpRequest) -> HttpResponse:
    """/reports/payments/offline/: a bank transfer or cash."""
    form = OfflineForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            row = _record(request, form.cleaned_data)
        except offline.AlreadyRecorded as refusal:
            form.add_error("reference", refusal.sentence)
        else:
            messages.success(request, _("Recorded. The receipt is on its way."))
            return redirect("reports:payment", pk=row.pk)
    return render(request, "reports/offline.html", {"form": form})


@transaction.atomic
def _record(request: HttpRequest, said: dict[str, Any]) -> Payment:
    """The payment and the log's entry, both or neither."""
    row = offline.record(
        email=said["email"], amount=said["amount"], received_on=said["received_on"], reference=said["reference"],
        language=said["language"], name=said["name"], giver=Giver(said["giver"]),
    )  # fmt: skip
    facts = {
        "amount_minor": row.amount_minor,
        "currency": row.currency,
        "received_on": said["received_on"],
        "giver": said["giver"],
    }
    log.record(roles.patron_of(request), "offline.record", target=f"payment:{row.pk}", **facts)
    return row
