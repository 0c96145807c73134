"""The pages where people show who they are."""

from typing import Any

from allauth.account.views import logout
from allauth.mfa.webauthn.forms import SignupWebAuthnForm
from allauth.mfa.webauthn.internal import auth
from allauth.mfa.webauthn.views import AddWebAuthnView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from django.views.generic.edit import FormView

from members import accounts, codes, emails, roles, sign_ins
from members.forms import AddressForm
from members.models import Patron, Purpose

# A sign-in that was begun and left, with the address that was typed, is forgotten after an hour.
BEGUN_LASTS = 3600
# The same for a wrong code, an old one, one of three wrong tries and one that was never sent.
NO_CODE = gettext_lazy("This code does not work. After three tries, or ten minutes, it takes a new one.")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """/account/login/: an address is typed, and a letter goes to it, whoever's it is; or a passkey is used."""
    back = accounts.way_back(request, "")
    if request.user.is_authenticated:
        return redirect(back or accounts.home(roles.patron_of(request)))
    form = AddressForm(request.POST or None)
    if form.is_valid():
        email = form.cleaned_data["login"]
        sign_ins.ask(request, email)
        request.session["sign_in"] = {"email": email, "next": back}
        request.session.set_expiry(BEGUN_LASTS)
        return redirect("account_confirm_login_code")
    return render(request, "account/login.html", {"form": form, "next": back})


def sign_out(request: HttpRequest) -> HttpResponse:
    """/account/logout/: asks, and with POST ends the session. The browser forgets what pages kept in it, too."""
    response: HttpResponse = logout(request)
    if not request.user.is_authenticated:
        response["Clear-Site-Data"] = '"storage"'
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def type_code(request: HttpRequest) -> HttpResponse:
    """/account/login/code/confirm/: where the code is typed, in the browser that asked for it. Letters link here."""
    if request.user.is_authenticated:
        return redirect(accounts.home(roles.patron_of(request)))
    if (begun := request.session.get("sign_in")) is None:
        messages.info(request, _("Ask for a code here: it works for ten minutes, in the browser that asked for it."))
        return redirect("account_login")
    email, errors = begun["email"], []
    if request.method == "POST":
        is_right = codes.use(request, Purpose.SIGN_IN, email, request.POST.get("code", ""))
        if is_right and (patron := Patron.objects.known_by(email)):
            return accounts.enter(request, patron, back=begun["next"])
        errors = [NO_CODE]
    return render(request, "account/type_code.html", {"email": email, "next": begun["next"], "errors": errors})


@roles.signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def prove(request: HttpRequest) -> HttpResponse:
    """/account/prove/: asks once more who it is, by a code or a passkey, then leads back."""
    patron, back = roles.patron_of(request), accounts.way_back(request, "/account/")
    is_right = request.method == "POST" and codes.use(
        request, Purpose.PROOF, str(patron.pk), request.POST.get("code", "")
    )
    if is_right:
        accounts.note_proof(request)
    if is_right or accounts.recently_proved(request):
        return redirect(back)
    context = {
        "next": back,
        "is_waiting": codes.is_waiting(request, Purpose.PROOF, str(patron.pk)),
        "has_passkey": accounts.has_passkey(patron),
        "errors": [NO_CODE] if request.method == "POST" else [],
    }
    return render(request, "account/prove.html", context)


@roles.signed_in
@require_POST
def send_proof(request: HttpRequest) -> HttpResponse:
    """/account/prove/send/: a letter with a code to one's own address."""
    patron = roles.patron_of(request)
    if code := codes.make(request, Purpose.PROOF, str(patron.pk)):
        emails.proof_code(patron, code)
    query = urlencode({"next": accounts.way_back(request, "/account/")})
    return redirect(f"{reverse('account_reauthenticate')}?{query}")


class AddPasskey(AddWebAuthnView):  # type: ignore[misc]  # allauth is untyped
    """/account/second-factor/passkeys/add/: a passkey, with which one also signs in without a letter."""

    http_method_names = ("get", "head", "post", "options")

    def get_form_class(self) -> type[SignupWebAuthnForm]:
        return SignupWebAuthnForm  # type: ignore[no-any-return]  # it asks for a name and the key, and nothing else

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = FormView.get_context_data(self, **kwargs)
        return context | {
            "js_data": {"creation_options": auth.begin_registration(self.request.user, passwordless=True)}
        }

    def get_success_url(self) -> str:
        is_new_to_staff = self.did_generate_recovery_codes and self.request.user.is_staff
        return reverse("mfa_view_recovery_codes" if is_new_to_staff else "portal:security")
