"""Signing in, as allauth is told to do it here: by a code in a letter or a passkey; staff with a second factor.

The one place that knows allauth's ways. It keeps the steps of signing in, passkeys and authenticator apps; codes in
letters are members/codes.py, limits are `limits.gates`. Accounts are made by giving or by `manage.py staff`, never at
allauth's door; nobody has a password; no network address is kept.
"""

import time
from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records, perform_login, record_authentication
from allauth.account.models import Login
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm, LoginWebAuthnForm, ReauthenticateWebAuthnForm
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from limits import gates
from members import emails, sessions
from members.models import Patron
from newsroom.ciphers import cipher
from newsroom.models import Newsroom

SECOND_FACTOR_TRIES, PASSKEY_TRIES = 10, 30  # in ten minutes
SECOND_FACTOR_LASTS = 12 * 3600
PROOF_LASTS = 600
# allauth's names of its notices, and ours of what they tell.
NOTICES = {
    "mfa/email/webauthn_added": "passkey_added",
    "mfa/email/webauthn_removed": "passkey_removed",
    "mfa/email/totp_activated": "app_added",
    "mfa/email/totp_deactivated": "app_removed",
    "mfa/email/recovery_codes_generated": "recovery_codes",
}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """No sign-up, no letters of allauth's own, everyone led to the right home and to nowhere else."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  allauth's signature
        return False

    def get_login_stages(self) -> list[str]:
        return ["members.accounts.SecondFactorStage"]

    def login(self, request: HttpRequest, user: Patron) -> None:
        """The end of every way in: a session of the usual length, without what the way there needed."""
        super().login(request, user)
        request.session.pop("sign_in", None)
        request.session.set_expiry(None)
        sessions.begin(request)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return home(cast(Patron, request.user))

    def is_reauthentication_required(self, *, app: str, **_more: Any) -> bool:  # noqa: ARG002  allauth's signature
        """Never by allauth's own rule: members/urls.py puts `roles.proved` before these pages."""
        return False

    def is_safe_url(self, url: str | None) -> bool:
        return stays_here(url)

    def send_notification_mail(self, template_prefix: str, user: Patron, *_more: Any, **_rest: Any) -> None:
        """What allauth would write when a way of signing in changes. It knows no other occasion here."""
        emails.security_changed(user, NOTICES[template_prefix])

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:  # noqa: ARG002
        raise RuntimeError(f"{template_prefix}: letters are written by members/emails.py")


class SecondFactorStage(AuthenticateStage):  # type: ignore[misc]  # allauth is untyped
    """After the code from a letter: of staff always, of a patron who has set up an app.

    A patron's passkey is a way of its own beside the letter, not a lock on top of it: whoever loses the device it is in
    still has the letter.
    """

    def _should_handle(self, request: HttpRequest) -> bool:
        apps = Authenticator.objects.filter(user_id=self.login.user.pk, type=Authenticator.Type.TOTP)
        return bool(super()._should_handle(request) and (self.login.user.is_staff or apps.exists()))


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is untyped
    """The newsroom's own name in authenticator apps and passkeys; their secrets are encrypted in the database.

    The key comes from SECRET_KEY, so a copy of the database alone gives nobody a second factor. A new SECRET_KEY means
    that staff enrol again.
    """

    def _get_site_name(self) -> str:
        return Newsroom.current().public_name

    def generate_authenticator_name(self, user: Patron, type: Authenticator.Type) -> str:  # noqa: A002, ARG002  allauth's
        """What a passkey is called until its owner calls it something: what it was made with."""
        return sessions.device(context.request)

    def encrypt(self, text: str) -> str:
        return cipher("members.second_factor").encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return cipher("members.second_factor").decrypt(encrypted_text.encode()).decode()


class _CountedTries:
    """At most ten codes in ten minutes for an account, counted exactly even for codes that are tried in parallel."""

    user: Patron

    def clean_code(self) -> str:
        if not gates.allow("second factor", str(self.user.pk), limit=SECOND_FACTOR_TRIES, seconds=600):
            raise AccountAdapter().validation_error("too_many_login_attempts")
        code: str = super().clean_code()  # type: ignore[misc]  # the form it is mixed into has it
        return code


class SecondFactorForm(_CountedTries, AuthenticateForm):  # type: ignore[misc]  # allauth is untyped
    """At sign-in."""


class SecondFactorAgainForm(_CountedTries, ReauthenticateForm):  # type: ignore[misc]  # allauth is untyped
    """Within a session."""


class _CountedPasskeys:
    """At most thirty tries in ten minutes from a network address: whose passkey it is, is known only after the try."""

    def clean_credential(self) -> Authenticator:
        if not gates.allow("passkey", gates.address(context.request), limit=PASSKEY_TRIES, seconds=600):
            raise AccountAdapter().validation_error("too_many_login_attempts")
        return super().clean_credential()  # type: ignore[misc]  # the form it is mixed into has it


class PasskeyForm(_CountedPasskeys, LoginWebAuthnForm):  # type: ignore[misc]  # allauth is untyped
    """In place of the letter."""


class PasskeySecondForm(_CountedPasskeys, AuthenticateWebAuthnForm):  # type: ignore[misc]  # allauth is untyped
    """As the second factor."""


class PasskeyAgainForm(_CountedPasskeys, ReauthenticateWebAuthnForm):  # type: ignore[misc]  # allauth is untyped
    """Within a session."""


def enter(request: HttpRequest, patron: Patron, *, back: str) -> HttpResponse:
    """Signs in whoever has typed the code from a letter, or asks for the second factor first; then `back`, or home."""
    record_authentication(request, patron, method="code")
    response: HttpResponse = perform_login(request, Login(user=patron, redirect_url=back or None))
    return response


def home(patron: Patron) -> str:
    """The first page after signing in."""
    return reverse("reports:home" if patron.is_staff else "portal:home")


def has_second_factor(patron: Patron) -> bool:
    """Whether an authenticator app or a passkey is enrolled."""
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return bool(Authenticator.objects.filter(user_id=patron.pk, type__in=kinds).exists())


def has_passkey(patron: Patron) -> bool:
    """Whether a passkey or a security key is enrolled."""
    return bool(Authenticator.objects.filter(user_id=patron.pk, type=Authenticator.Type.WEBAUTHN).exists())


def forget_second_factor(patron: Patron) -> bool:
    """Takes away app, passkeys and recovery codes of somebody who has lost them; whether there were any.

    They are told by letter, signed out everywhere, and enrol anew before any page of the staff.
    """
    with transaction.atomic():
        gone = set(Authenticator.objects.filter(user_id=patron.pk).values_list("type", flat=True))
        Authenticator.objects.filter(user_id=patron.pk).delete()
        for kind, what in ((Authenticator.Type.TOTP, "app_removed"), (Authenticator.Type.WEBAUTHN, "passkey_removed")):
            if kind in gone:
                emails.security_changed(patron, what)
        if gone:
            sessions.end_all(patron)
    return bool(gone)


def passed_second_factor(request: HttpRequest) -> bool:
    """Whether this session has shown the second factor (a recovery code and a passkey count) in the last 12 hours.

    What was shown counts for nothing once no factor is enrolled any more: it was taken away since. Measured by the
    machine's clock, as allauth records it: a session does not follow the demo's moved time.
    """
    earliest = time.time() - SECOND_FACTOR_LASTS
    records = get_authentication_records(request, request.user)
    is_shown = any(record["method"] == "mfa" and record["at"] >= earliest for record in records)
    return is_shown and has_second_factor(cast(Patron, request.user))


def recently_proved(request: HttpRequest) -> bool:
    """Whether this session has shown in the last ten minutes who it belongs to; signing in counts.

    A code from a letter or a passkey; of staff, the second factor. By the machine's clock, like the second factor.
    """
    patron = cast(Patron, request.user)
    enough = {"mfa"} if patron.is_staff and has_second_factor(patron) else {"mfa", "code"}
    earliest = time.time() - PROOF_LASTS
    records = get_authentication_records(request, request.user)
    return any(record["method"] in enough and record["at"] >= earliest for record in records)


def note_proof(request: HttpRequest) -> None:
    """Remembers in this session that a code from a letter was typed now."""
    record_authentication(request, request.user, method="code", reauthenticated=True)


def stays_here(url: str | None) -> bool:
    """Whether a `next` is a path of this site, in whatever spelling it comes."""
    return bool(url) and str(url).startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)


def way_back(request: HttpRequest, otherwise: str) -> str:
    """Where `next` leads, if that is on this site; else `otherwise`."""
    wanted = request.POST.get("next") or request.GET.get("next")
    return wanted if wanted and stays_here(wanted) else otherwise
