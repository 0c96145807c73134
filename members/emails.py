"""The letters about an account."""

import secrets
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from letters import outbox, printing
from members import names
from members.models import AddressChange, Membership, Patron
from members.models.address_change import UNDO_LASTS
from newsroom import clock

# What stands in these opens something, so staff are never shown one.
SECRET = ("sign_in_code", "proof_code", "new_address", "address_changed", "gift_claim_code")


def sign_in_code(email: str, code: str, language: str) -> None:
    """The code to sign in with. Nobody's address (a disabled account's counts as such) is told that it is."""
    patron = Patron.objects.known_by(email)
    occasion = "sign_in_code" if patron else "unknown_address"
    nobodys = {"facts": [(_("Your address"), email)], "action": (_("Try another address"), page("account_login"))}
    outbox.write(
        occasion=occasion,
        key=f"{occasion}:{secrets.token_hex(16)}",
        to=email,
        language=patron.language if patron else language,
        context=_code(code, "account_confirm_login_code") if patron else nobodys,
        patron=patron,
    )


def proof_code(patron: Patron, code: str) -> None:
    """The code that proves again who is signed in."""
    outbox.write(
        occasion="proof_code",
        key=f"proof_code:{secrets.token_hex(16)}",
        to=patron.email,
        language=patron.language,
        context=_code(code, "account_reauthenticate"),
        patron=patron,
    )


def new_address(patron: Patron, email: str, code: str, *, is_taken: bool) -> None:
    """The code that confirms a new address, sent there. If that is another account's, it is told so, without a code."""
    occasion = "address_taken" if is_taken else "new_address"
    outbox.write(
        occasion=occasion,
        key=f"{occasion}:{secrets.token_hex(16)}",
        to=email,
        language=patron.language,
        context={} if is_taken else _code(code, "portal:address-confirm"),
        patron=None if is_taken else patron,
    )


def address_changed(change: AddressChange, token: str) -> None:
    """To the old address, with the link that undoes the change."""
    language, until = change.patron.language, (change.confirmed_at or change.asked_at) + UNDO_LASTS
    outbox.write(
        occasion="address_changed",
        key=f"address_changed:{change.pk}",
        to=change.before,
        language=language,
        context={
            "facts": [(_("Can be undone until"), printing.moment(until, language))],
            "action": (_("It was not me: undo it"), page("portal:address-undo", token)),
        },
        patron=change.patron,
    )


def address_restored(patron: Patron, change: AddressChange) -> None:
    """To the address that is the patron's again."""
    outbox.write(
        occasion="address_restored",
        key=f"address_restored:{change.pk}",
        to=patron.email,
        language=patron.language,
        context={"action": (_("Sign in"), page("account_login"))},
        patron=patron,
    )


def security_changed(patron: Patron, what: str) -> None:
    """When another way into the account was added or removed, so that somebody else's doing is noticed.

    `what` is `passkey_added`, `passkey_removed`, `app_added`, `app_removed` or `recovery_codes`.
    """
    outbox.write(
        occasion="security_changed",
        key=f"security_changed:{secrets.token_hex(16)}",
        to=patron.email,
        language=patron.language,
        context={
            "what": what,
            "facts": [(_("When"), printing.moment(clock.now(), patron.language))],
            "action": (_("Look at it"), page("portal:security" if what.startswith("passkey") else "mfa_index")),
        },
        patron=patron,
    )


def granted(membership: Membership) -> None:
    """To whom the newsroom gave a membership: until when, and that nothing is ever charged."""
    ends_on = printing.day(membership.paid_through, membership.patron.language)
    _of_grant("granted", membership, facts=[(_("Ends on"), ends_on)], action=(_("Your account"), page("portal:home")))


def grant_ended(membership: Membership) -> None:
    """When it was ended before its day."""
    support = f"{settings.SITE_URL}/support/"
    _of_grant("grant_ended", membership, facts=[], action=(_("Become a patron"), support))


def _of_grant(occasion: str, membership: Membership, **context: Any) -> None:
    patron = membership.patron
    outbox.write(
        occasion=occasion,
        key=f"{occasion}:{membership.pk}",
        to=patron.email,
        language=patron.language,
        context={
            "greeting": names.greeting(names.of(patron, names.Audience.LETTER), patron.language),
            **context,
        },
        patron=patron,
    )


def _code(code: str, name: str) -> dict[str, Any]:
    """The code, and a link that does nothing but open the page where it is typed."""
    return {"facts": [(_("Your code"), code)], "action": (_("Open the page for the code"), page(name))}


def page(name: str, *args: str) -> str:
    """The address of a page, as letters write it: at SITE_URL, whatever host a request named."""
    return settings.SITE_URL + reverse(name, args=args)
