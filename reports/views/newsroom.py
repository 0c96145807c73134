"""/reports/newsroom/: what the newsroom itself decides. Admins change it, finance may look."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit import log
from members import roles
from members.models import Role
from newsroom.models import GivingCurrency, Newsroom
from reports.forms import CurrencyForm, NewsroomForm

# Of these the log says only that they changed.
NOT_IN_THE_LOG = {"reply_to", "finance_email", "new_logo", "remove_logo"}


@roles.required(Role.ADMIN, Role.FINANCE)
@require_http_methods(["GET", "HEAD", "POST"])
def newsroom(request: HttpRequest) -> HttpResponse:
    """The one row, and the list of currencies."""
    form = NewsroomForm(_posted_by_admin(request), request.FILES or None, instance=Newsroom.objects.get(id=1))
    if form.is_valid():
        with transaction.atomic():
            form.save()
            _record(request, "newsroom.change", "newsroom:1", form)
        messages.success(request, _("Saved."))
        return redirect("reports:newsroom")
    return render(request, "reports/newsroom.html", {"form": form, "currencies": GivingCurrency.objects.all()})


@roles.required(Role.ADMIN, Role.FINANCE)
@require_http_methods(["GET", "HEAD", "POST"])
def currency(request: HttpRequest, code: str) -> HttpResponse:
    """One currency's amounts, limits and fees."""
    row = get_object_or_404(GivingCurrency, code=code)
    form = CurrencyForm(_posted_by_admin(request), row=row)
    if form.is_valid():
        with transaction.atomic():
            row.save()
            _record(request, "currency.change", f"currency:{code}", form)
        messages.success(request, _("Saved."))
        return redirect("reports:newsroom")
    return render(request, "reports/currency.html", {"form": form, "code": code})


def _posted_by_admin(request: HttpRequest) -> Any:
    """What was sent, None for a page that is only looked at."""
    if request.method != "POST":
        return None
    if roles.patron_of(request).role != Role.ADMIN:
        raise PermissionDenied
    return request.POST


def _record(request: HttpRequest, action: str, target: str, form: NewsroomForm | CurrencyForm) -> None:
    """What changed, from what to what; nothing if nothing did."""
    changes: dict[str, Any] = {}
    for name in form.changed_data:
        after = form.cleaned_data[name]
        changes[name] = (
            "changed" if name in NOT_IN_THE_LOG else [form.get_initial_for_field(form.fields[name], name), after]
        )
    if changes:
        log.record(roles.patron_of(request), action, target=target, **changes)
