"""Under which name a patron is thanked in public: none, until they choose one."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from members import roles
from payments import names
from payments.models import Donation
from portal import wording
from portal.forms import NameForm
from portal.views import payments

page = require_http_methods(["GET", "HEAD", "POST"])


@roles.signed_in
@page
def everywhere(request: HttpRequest) -> HttpResponse:
    """/account/name/: beside everything given so far."""
    patron = roles.patron_of(request)
    newest = Donation.objects.filter(patron=patron).order_by("-created_at").first()
    form = NameForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        names.show(patron, form.chosen())
        messages.success(request, _said(form.chosen()))
        return redirect("portal:name")
    now = names.of(newest, names.Audience.PUBLIC) if newest else ""
    return _show(request, form, now, given=newest is not None)


@roles.signed_in
@page
def beside(request: HttpRequest, pk: int) -> HttpResponse:
    """/account/payments/12/name/: beside one payment; another's is answered as if there were none."""
    payment = get_object_or_404(payments.own(request), pk=pk)
    form = NameForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        names.show_for(payment, form.chosen())
        messages.success(request, _said(form.chosen()))
        return redirect("portal:payments")
    now = names.of(payment, names.Audience.PUBLIC)
    return _show(request, form, now, given=True, payment=wording.paid(payment, get_language() or "en"))


def _show(request: HttpRequest, form: NameForm, now: str, **more: object) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    display = form.data.get("display") if form.is_bound else "named" if now else "anonymous"
    typed = form.data.get("name", "")[:100] if form.is_bound else now
    return render(
        request,
        "portal/name.html",
        {"form": form, "display": display, "typed": typed, "agreed": names.AGREED, **more},
        status=status,
    )


def _said(name: str) -> str:
    return _("You are thanked in public as %(name)s.") % {"name": name} if name else _("You stay unnamed in public.")
