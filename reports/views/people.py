"""/reports/people/ and /reports/patrons/: one person at a time. Every look is logged; no URL says who."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit import log
from letters import stops
from members import grants, roles
from members.models import Patron
from payments import dunning, names, wishes, wording
from payments.models import Donation, Invoice, Payment
from people import duplicates, find
from people.models import Note
from reports.forms import FindForm, NoteForm, number
from reports.grant_forms import GrantForm
from reports.views.wishes import HELPERS
from reports.wish_forms import WISHES


@roles.required(*roles.PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """/reports/people/: by POST, so that what is looked for stays out of the address. One alone is led to at once."""
    form, found = FindForm(request.POST if request.method == "POST" else None), None
    if form.is_valid():
        found = find.find(form.cleaned_data["words"])
        shown = [one.patron.pk for one in found]
        target = f"patron:{shown[0]}" if len(shown) == 1 else ""
        log.record(roles.patron_of(request), "patron.find", target=target, found=len(found), shown=shown)
        if len(found) == 1:
            return redirect("reports:patron", pk=found[0].patron.pk)
    rows = [(one, names.of(one.patron, names.Audience.PEOPLE)) for one in found or []]
    context = {"form": form, "found": rows, "is_searched": found is not None, "most": find.MOST}
    return render(request, "reports/people.html", context)


@roles.required(*roles.PEOPLE)
@require_safe
def patron(request: HttpRequest, pk: int) -> HttpResponse:
    """/reports/patrons/7/: one person's gifts, memberships and payments; logged."""
    person = get_object_or_404(Patron, pk=pk)
    likely = duplicates.of(person)
    shown: dict[str, Any] = {"likely": [one.patron.pk for one in likely]} if likely else {}
    log.record(roles.patron_of(request), "patron.view", target=f"patron:{person.pk}", **shown)
    rows = (
        Payment.objects.filter(donation__patron=person)
        .select_related("donation", "receipt")
        .order_by("-created_at", "-id")
    )
    failed = Invoice.objects.failed().filter(donation__patron=person).select_related("donation__membership")
    may_change = roles.patron_of(request).role in HELPERS
    context = {
        "person": person,
        "name": names.of(person, names.Audience.PEOPLE),
        "may_change": may_change,
        "rests_in": person.merged_into,
        "merges": person.merges.standing().select_related("merged", "actor"),
        "likely": [(one, names.of(one.patron, names.Audience.PEOPLE)) for one in likely],
        "memberships": person.memberships.select_related("granted").order_by("-id"),
        "grant_form": GrantForm(),
        "gifts": person.gifts_bought.order_by("-id"),
        "stop": stops.of(person.email),
        "page": Paginator(rows, 50).get_page(request.GET.get("page")),
        "notes": person.notes.select_related("author"),
        "note_form": NoteForm(),
        "givings": _givings(person, may_change),
        "failures": [(invoice, dunning.timeline(invoice)) for invoice in failed.order_by("-period_start")[:10]],
    }
    return render(request, "reports/patron.html", context)


def _givings(person: Patron, may_change: bool) -> list[dict[str, Any]]:
    """The gifts that run, in words, each with what can be done to it on its giver's word."""
    language = get_language() or "en"
    return [
        {
            "donation": donation,
            "rhythm": wording.rhythm(donation, language),
            "next_charge": wording.next_charge(donation, language),
            "is_waiting": wishes.waiting(donation),
            "wishes": [(name, form.title) for name, form in WISHES.items() if may_change and form.fits(donation)],
        }
        for donation in Donation.objects.running().filter(patron=person).order_by("is_second", "pk")
    ]


@roles.required(*roles.PEOPLE)
@require_POST
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """/reports/patrons/7/notes/: adds a note, or with `remove` takes one's own away; logged."""
    person, staff = get_object_or_404(Patron, pk=pk, erased_at=None, merged_into=None), roles.patron_of(request)
    if removed := request.POST.get("remove", ""):
        own = Note.objects.filter(patron=person, author=staff, pk=number(removed))
        with transaction.atomic():
            if own.delete()[0]:
                log.record(staff, "note.remove", target=f"patron:{person.pk}")
        return redirect("reports:patron", person.pk)
    form = NoteForm(request.POST)
    if form.is_valid():
        with transaction.atomic():
            Note.objects.create(patron=person, author=staff, text=form.cleaned_data["text"])
            log.record(staff, "note.add", target=f"patron:{person.pk}")
        messages.success(request, _("Noted."))
    else:
        messages.error(request, " ".join(map(str, form.errors["text"])))
    return redirect("reports:patron", person.pk)


@roles.required(*roles.PEOPLE)
@require_POST
def grant(request: HttpRequest, pk: int) -> HttpResponse:
    """/reports/patrons/7/membership/: gives a membership without money, or with `end` ends the one given; logged."""
    person, staff = get_object_or_404(Patron, pk=pk, erased_at=None, merged_into=None), roles.patron_of(request)
    if "end" in request.POST:
        if grants.end(person, actor=staff):
            messages.success(request, _("Ended. They are told by letter."))
        return redirect("reports:patron", person.pk)
    form = GrantForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("reports:patron", person.pk)
    try:
        grants.give(person, form.wanted(), actor=staff)
    except grants.AlreadyGranted as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, _("Given. They are told by letter."))
    return redirect("reports:patron", person.pk)
