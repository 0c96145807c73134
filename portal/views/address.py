"""The address that letters go to: changed with a code from the new one, undone from the old one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from members import addresses, roles
from members.forms import NewAddressForm
from members.views import NO_CODE
from payments import customers


@roles.freshly_signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def address(request: HttpRequest) -> HttpResponse:
    """/account/address/: where to; a letter goes there, whoever's it is."""
    patron = roles.patron_of(request)
    form = NewAddressForm(request.POST or None, current=patron.email)
    if form.is_valid():
        addresses.ask(request, patron, form.cleaned_data["email"])
        return redirect("portal:address-confirm")
    return render(request, "portal/address.html", {"form": form})


@roles.freshly_signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """/account/address/confirm/: where the code is typed. The letter to the new address links here."""
    patron, errors = roles.patron_of(request), []
    if request.method == "POST":
        try:
            if customers.confirm_address(request, patron, request.POST.get("code", "")):
                messages.success(request, _("Letters come to the new address from now on."))
                return redirect("portal:security")
            errors = [str(NO_CODE)]
        except addresses.AddressTaken as refusal:
            errors = [refusal.sentence]
    if (change := addresses.pending(patron)) is None:
        return redirect("portal:address")
    return render(request, "portal/address_confirm.html", {"email": change.after, "errors": errors})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: HttpRequest, token: str) -> HttpResponse:
    """/account/address/undo/…/: for whoever reads the old address; with POST the change is undone."""
    change, error = addresses.undoable(token), ""
    if change and request.method == "POST":
        try:
            customers.undo_address(change)
            return render(request, "portal/address_undone.html")
        except addresses.AddressTaken as refusal:
            error = refusal.sentence
    status = 200 if change else 404
    return render(request, "portal/address_undo.html", {"change": change, "error": error}, status=status)
