"""What is held about a patron: to be read, taken away, agreed to or not, and erased."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from letters import printing
from members import consents, roles
from members.models import Consent, Consented, Patron
from newsroom import clock
from payments import names
from people import erased_file, erasure, exports
from people.models import Erasure, Export


@roles.signed_in
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """/account/privacy/"""
    patron, language = roles.patron_of(request), get_language() or "en"
    context = {
        "consents": [_agreed(consent, language) for consent in Consent.objects.filter(patron=patron)],
        "exports": _exports(patron, language),
        "is_being_erased": Erasure.objects.filter(patron=patron).exists(),
    }
    return render(request, "portal/privacy.html", context)


def _agreed(consent: Consent, language: str) -> dict[str, Any]:
    """A consent in words."""
    withdrawn = consent.withdrawn_at
    return {
        "purpose": consent.purpose,
        "what": consent.get_purpose_display(),
        "text": consent.text,
        "given": printing.moment(consent.given_at, language),
        "withdrawn": printing.moment(withdrawn, language) if withdrawn else "",
    }


def _exports(patron: Patron, language: str) -> list[dict[str, Any]]:
    """Those being made and those that can be fetched."""
    now = clock.now()
    return [
        {
            "reference": export.reference,
            "until": printing.moment(export.expires_at, language) if export.expires_at else "",
        }
        for export in Export.objects.filter(patron=patron).defer("file").order_by("-pk")
        if export.ready_at is None or export.is_open(now)
    ]


@roles.freshly_signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def export(request: HttpRequest) -> HttpResponse:
    """/account/privacy/export/: asks for a copy of everything."""
    if request.method != "POST":
        return render(request, "portal/export.html")
    try:
        exports.ask(roles.patron_of(request))
        messages.success(request, _("Your data is being put together. A letter will tell you when it is ready."))
    except exports.TooMany as refusal:
        messages.error(request, refusal.sentence)
    return redirect("portal:privacy")


@roles.freshly_signed_in
@require_safe
def file(request: HttpRequest, reference: UUID) -> HttpResponse:
    """/account/privacy/export/….zip: one's own copy, for a day; another's is answered as if there were none."""
    open_ones = Export.objects.filter(patron=roles.patron_of(request), expires_at__gt=clock.now())
    found = get_object_or_404(open_ones, reference=reference)
    headers = {"Content-Disposition": 'attachment; filename="my-data.zip"'}
    return HttpResponse(bytes(found.file or b""), content_type="application/zip", headers=headers)


@roles.signed_in
@require_POST
def withdraw(request: HttpRequest) -> HttpResponse:
    """/account/privacy/withdraw/: ends a consent."""
    patron, purpose = roles.patron_of(request), request.POST.get("purpose", "")
    if purpose in Consented.values and consents.withdraw(patron, Consented(purpose)):
        if purpose == Consented.NAME:
            names.show(patron, "")
        messages.success(request, _("Withdrawn."))
    return redirect("portal:privacy")


@roles.freshly_signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """/account/privacy/erase/: the plan first; then, if it is ticked that it was read, the wish."""
    patron, language = roles.patron_of(request), get_language() or "en"
    error = ""
    if request.method == "POST":
        try:
            if request.POST.get("sure"):
                erasure.ask(patron)
                return render(request, "portal/erasing.html", {"email": patron.email})
            error = _("Tick that you have read what goes and what stays.")
        except (erasure.WorksHere, erased_file.Unwritable) as refusal:
            error = refusal.sentence
    plan = erasure.plan(patron, language)
    kept = printing.day(plan.kept_through, language) if plan.kept_through else ""
    return render(request, "portal/erase.html", {"plan": plan, "kept_through": kept, "error": error})
