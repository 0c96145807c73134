"""The demo's staff: one account for each role, each with a second factor whose present code the demo shows.

That would defeat its purpose anywhere else, so nothing here runs unless settings.DEMO is on.
"""

import time

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from django.conf import settings

from members import accounts
from members.models import Language, Patron, Role

NAMES = {
    Role.ADMIN: "Adam Rowe",
    Role.FINANCE: "Остап Гнатюк",
    Role.SUPPORT: "Ірина Савчук",
    Role.EDITOR: "Марта Левицька",
}


def appoint() -> None:
    """One account a role, made if it is not there. Safe to run again."""
    _only_in_the_demo()
    for role, name in NAMES.items():
        patron = Patron.objects.for_email(f"{role}@example.org", language=Language.EN, name=name)
        if patron.role != role:
            patron.role = role
            patron.save(update_fields=["role"])
        if not accounts.has_second_factor(patron):
            totp.TOTP.activate(patron, totp.generate_totp_secret())


def everybody() -> list[Patron]:
    """The accounts, in the order of their roles."""
    found = {patron.email: patron for patron in Patron.objects.exclude(role="")}
    return [found[address] for role in NAMES if (address := f"{role}@example.org") in found]


def code(patron: Patron) -> str:
    """What the authenticator app of a staff account shows at the moment, by the machine's clock."""
    _only_in_the_demo()
    authenticator = Authenticator.objects.filter(user_id=patron.pk, type=Authenticator.Type.TOTP).first()
    if authenticator is None:
        return ""
    counter = int(time.time()) // app_settings.TOTP_PERIOD
    shown: str = totp.format_hotp_value(totp.hotp_value(decrypt(authenticator.data["secret"]), counter))
    return shown


def seconds_left() -> int:
    """How long the present codes are still shown."""
    period: int = app_settings.TOTP_PERIOD
    return period - int(time.time()) % period


def _only_in_the_demo() -> None:
    if not settings.DEMO:
        raise RuntimeError("staff accounts whose codes are shown exist only in the demo")
