"""/reports/patrons/7/letters/: what was written to one person, and the same once more."""

import secrets

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from audit import log
from letters import outbox, stops
from letters.models import Letter
from letters.occasions import OCCASIONS
from members import emails as sign_in
from members import roles
from members.models import Patron
from payments import emails, names
from payments.forms import WishForm
from payments.models import Payment
from reports.forms import number


def _sendable(letters: "QuerySet[Letter, Letter]") -> "QuerySet[Letter, Letter]":
    """Those whose words are kept. Never a code or a link that lets in: it would sign in as another."""
    return letters.exclude(text="").filter(sealed="").exclude(occasion__in=sign_in.SECRET)


@roles.required(*roles.PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def letters(request: HttpRequest, pk: int) -> HttpResponse:
    """The newest first; with POST one of them goes out again, to where the person is reached now. Both are logged."""
    person = get_object_or_404(Patron, pk=pk, erased_at=None)
    theirs = Letter.objects.filter(Q(patron=person) | Q(to__iexact=person.email)).order_by("-id")
    if request.method == "POST":
        return _again(request, person, theirs)
    log.record(roles.patron_of(request), "patron.letters", target=f"patron:{person.pk}")
    page = Paginator(theirs, 50).get_page(request.GET.get("page"))
    sendable = set(_sendable(theirs).filter(pk__in=[letter.pk for letter in page]).values_list("pk", flat=True))
    context = {
        "person": person, "name": names.of(person, names.Audience.PEOPLE), "stop": stops.of(person.email),
        "page": page, "wish": secrets.token_hex(8),
        "letters": [(letter, _about(letter), letter.pk in sendable) for letter in page],
    }  # fmt: skip
    return render(request, "reports/patron_letters.html", context)


def _about(letter: Letter) -> object:
    return OCCASIONS[letter.occasion].about if letter.occasion in OCCASIONS else letter.occasion


def _again(request: HttpRequest, person: Patron, theirs: "QuerySet[Letter, Letter]") -> HttpResponse:
    form = WishForm(request.POST)
    letter = get_object_or_404(_sendable(theirs), pk=number(request.POST.get("letter", "")))
    if form.is_valid():
        with transaction.atomic():
            outbox.again(letter, to=person.email, wish=form.cleaned_data["wish"])
            log.record(roles.patron_of(request), "letter.resend", target=f"patron:{person.pk}", letter=letter.pk)
        messages.success(request, _("It is on its way once more."))
    else:
        messages.error(request, _("This request could not be read. Please try again."))
    return redirect("reports:patron-letters", person.pk)


@roles.required(*roles.PEOPLE)
@require_POST
def receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """/reports/payments/7/receipt/: the receipt's letter once more, also where the first is kept no longer; logged."""
    payment = get_object_or_404(Payment.objects.filter(receipt__isnull=False), pk=pk)
    form = WishForm(request.POST)
    if form.is_valid():
        with transaction.atomic():
            emails.receipt(payment, again=form.cleaned_data["wish"])
            log.record(roles.patron_of(request), "receipt.resend", target=f"payment:{payment.pk}")
        messages.success(request, _("It is on its way once more."))
    else:
        messages.error(request, _("This request could not be read. Please try again."))
    return redirect("reports:payment", payment.pk)


@roles.required(*roles.PEOPLE)
@require_POST
def lift_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """/reports/patrons/7/stop/: letters go to this patron's address again; logged."""
    person = get_object_or_404(Patron, pk=pk)
    with transaction.atomic():
        if stops.lift(person.email):
            log.record(roles.patron_of(request), "stop.lift", target=f"patron:{person.pk}")
    messages.success(request, _("Letters go there again."))
    return redirect("reports:patron-letters", person.pk)
