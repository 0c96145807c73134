"""How tests sign in: through the pages, with the code from the outbox and a real second factor."""

import re
import time

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.http import HttpResponse
from django.test import Client

from letters.models import Letter
from members import accounts, sign_ins
from members.models import Patron

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def patron(email: str = "olena@example.org", role: str = "", *, second_factor: bool = False) -> Patron:
    """A patron or a member of staff, with an authenticator app if asked for."""
    made = Patron.objects.create(email=email, role=role)
    if second_factor:
        totp.TOTP.activate(made, SECRET)
        RecoveryCodes.activate(made)
    return made


def letter_code(email: str) -> str:
    """The code in the newest letter to an address, once those who asked are answered."""
    sign_ins.answer_due()
    letter = Letter.objects.filter(to=email, occasion="sign_in_code").latest("id")
    found = re.search(r"\b\d{4}-\d{4}\b", letter.text)
    assert found, letter.text
    return found[0]


def app_code(secret: str = SECRET) -> str:
    """What the authenticator app shows now."""
    shown: str = totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))
    return shown


def recovery_code(who: Patron) -> str:
    """An unused recovery code."""
    code: str = Authenticator.objects.get(user=who, type="recovery_codes").wrap().get_unused_codes()[0]
    return code


def first_step(client: Client, email: str) -> HttpResponse:
    """The address, then the code from the letter."""
    client.post("/account/login/", {"login": email})
    return client.post("/account/login/code/confirm/", {"code": letter_code(email)})  # type: ignore[return-value]


def at_once(who: Patron) -> Client:
    """A browser that is signed in, with its second factor, without having gone through the pages.

    Of staff who have enrolled none, an app is.
    """
    if who.is_staff and not accounts.has_second_factor(who):
        totp.TOTP.activate(who, SECRET)
    client = Client()
    client.force_login(who)
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": time.time()}]
    session["account_authentication_methods_user"] = str(who.pk)
    session.save()
    return client


def sign_in(client: Client, who: Patron) -> Client:
    """All steps that this account needs. A recovery code stands for the app, whose code works once in 30 seconds."""
    answer = first_step(client, who.email)
    if answer.headers["Location"] == "/account/second-factor/authenticate/":
        client.post("/account/second-factor/authenticate/", {"code": recovery_code(who)})
    assert client.session["_auth_user_id"] == str(who.pk)
    return client
