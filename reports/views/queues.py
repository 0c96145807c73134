"""What needs attention: dead events, refused letters, refused writes to Stripe; each with the way to try again."""

import json
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from audit import log
from letters import bounces, sending
from letters.models import Letter
from members import emails, roles
from payments import stripe_events
from payments.models import Operation, StripeEvent
from payments.models.operation import OperationState
from reports.forms import number


@roles.required(*roles.MONEY)
@require_http_methods(["GET", "HEAD", "POST"])
def events(request: HttpRequest) -> HttpResponse:
    """/reports/events/: the dead ones; with POST one, or all, are run again."""
    dead = StripeEvent.objects.dead().order_by("received_at", "id")
    if request.method == "POST":
        return _again(request, dead, stripe_events.revive, "event.again", "reports:events")
    return render(request, "reports/events.html", {"page": Paginator(dead, 50).get_page(request.GET.get("page"))})


@roles.required(*roles.PEOPLE)
@require_safe
def event(request: HttpRequest, pk: int) -> HttpResponse:
    """/reports/events/7/: what Stripe sent. It can name a person, so the look is logged."""
    row = get_object_or_404(StripeEvent, pk=pk)
    log.record(roles.patron_of(request), "event.view", target=f"event:{row.pk}")
    try:
        body = json.dumps(json.loads(bytes(row.body)), indent=2, ensure_ascii=False)
    except ValueError:
        body = bytes(row.body).decode(errors="replace")
    return render(request, "reports/event.html", {"event": row, "body": body})


@roles.required(*roles.MONEY)
@require_http_methods(["GET", "HEAD", "POST"])
def letters(request: HttpRequest) -> HttpResponse:
    """/reports/letters/: those refused, without their addresses; with POST one, or all, are queued again."""
    failed = Letter.objects.failed().order_by("created_at", "id")
    if request.method == "POST":
        return _again(request, failed, sending.requeue, "letter.again", "reports:letters")
    page = Paginator(failed, 50).get_page(request.GET.get("page"))
    login, site = settings.MAIL_WEBHOOK_LOGIN, settings.SITE_URL.partition("://")
    webhooks = [f"{site[0]}://{login}@{site[2]}/webhooks/mail/{provider}/" for provider in bounces.PROVIDERS]
    context = {"page": page, "secret": emails.SECRET, "webhooks": webhooks}
    return render(request, "reports/letters.html", context)


@roles.required(*roles.PEOPLE)
@require_safe
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """/reports/letters/7/: one letter as it was written; logged. Never a code: it would sign in as another."""
    row = get_object_or_404(Letter.objects.failed().exclude(occasion__in=emails.SECRET), pk=pk)
    log.record(roles.patron_of(request), "letter.view", target=f"letter:{row.pk}")
    return render(request, "reports/letter.html", {"letter": row})


@roles.required(*roles.MONEY)
@require_safe
def operations(request: HttpRequest) -> HttpResponse:
    """/reports/operations/: writes that Stripe refused, newest first."""
    refused = Operation.objects.filter(state=OperationState.REFUSED).order_by("-created_at")
    return render(
        request, "reports/operations.html", {"page": Paginator(refused, 50).get_page(request.GET.get("page"))}
    )


def _again(
    request: HttpRequest, rows: QuerySet[Any], verb: Callable[[list[int]], int], action: str, back: str
) -> HttpResponse:
    """Runs the row named in the form again, or all of them, and logs which."""
    one = request.POST.get("id", "")
    chosen = rows if one == "all" else rows.filter(pk=number(one))
    ids = list(chosen.values_list("pk", flat=True))
    with transaction.atomic():
        count = verb(ids)
        if count:
            log.record(roles.patron_of(request), action, count=count, ids=ids[:100])
    messages.success(
        request, ngettext("%(count)s is tried again.", "%(count)s are tried again.", count) % {"count": count}
    )
    return redirect(back)
