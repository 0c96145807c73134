"""A patron's new e-mail address: the new one confirms, the old one is told and can undo for 72 hours.

    asked ── code from the letter to the new address ──▶ confirmed ── link in the letter to the old one ──▶ undone

Nothing here tells whether an address is somebody's. Stripe is told by payments/customers.py.
"""

import secrets

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from letters.models import Letter
from limits import gates
from members import codes, emails, sessions
from members.models import AddressChange, Patron, Purpose
from newsroom import clock

CHANGES_PER_PATRON = 5  # an hour


class AddressTaken(Exception):
    """Another account has the address by now."""

    @property
    def sentence(self) -> str:
        return _("Another account has this address by now. Write to us, and we will put it right.")


def ask(request: HttpRequest, patron: Patron, email: str) -> None:
    """A letter with a code goes to `email` (lower case); an older wish of the patron is void.

    Somebody else's address gets another letter, without a code. Beyond the limits nothing is written; a page says the
    same in every case.
    """
    if not gates.allow("address change", str(patron.pk), limit=CHANGES_PER_PATRON, seconds=codes.HOUR):
        return
    with transaction.atomic():
        Patron.objects.select_for_update().get(pk=patron.pk)
        AddressChange.objects.filter(patron=patron, confirmed_at=None).delete()
        change = AddressChange.objects.create(patron=patron, before=patron.email, after=email)
    if code := codes.make(request, Purpose.ADDRESS, _subject(change)):
        emails.new_address(patron, email, code, is_taken=_is_taken(change.after, patron))


def pending(patron: Patron) -> AddressChange | None:
    """The change that waits for its code."""
    found: AddressChange | None = AddressChange.objects.filter(patron=patron, confirmed_at=None).first()
    return found


@transaction.atomic
def confirm(request: HttpRequest, patron: Patron, typed: str) -> AddressChange | None:
    """Moves the patron to the new address if `typed` is the code that went there; else None, and a try is counted.

    The old address gets a letter with the link that undoes it. Raises AddressTaken.
    """
    patron = Patron.objects.select_for_update().get(pk=patron.pk)
    change = pending(patron)
    if change is None or not codes.use(request, Purpose.ADDRESS, _subject(change), typed):
        return None
    if _is_taken(change.after, patron):
        raise AddressTaken
    token = secrets.token_urlsafe(32)
    change.before, change.confirmed_at, change.undo_hash = patron.email, clock.now(), _hash(token)
    change.save(update_fields=["before", "confirmed_at", "undo_hash"])
    patron.email = change.after
    patron.save(update_fields=["email"])
    emails.address_changed(change, token)
    change.patron = patron
    return change


def undoable(token: str) -> AddressChange | None:
    """The change that this token still undoes."""
    found: AddressChange | None = AddressChange.objects.may_be_undone().filter(undo_hash=_hash(token)).first()
    return found


@transaction.atomic
def undo(change: AddressChange) -> Patron | None:
    """Back to the old address, whatever was changed since; None if it was undone meanwhile. Raises AddressTaken.

    Ends every session, and removes the passkeys and apps that were added since: whoever holds the old address decides.
    A letter goes to that address.
    """
    patron = Patron.objects.select_for_update().get(pk=change.patron_id)
    if not AddressChange.objects.may_be_undone().filter(pk=change.pk).exists():
        return None
    if _is_taken(change.before, patron):
        raise AddressTaken
    since = AddressChange.objects.filter(patron=patron, undone_at=None, confirmed_at__gte=change.confirmed_at)
    since.update(undone_at=clock.now())
    AddressChange.objects.filter(patron=patron, confirmed_at=None).delete()
    Authenticator.objects.filter(user_id=patron.pk, created_at__gte=change.asked_at).delete()
    patron.email = change.before
    patron.save(update_fields=["email"])
    sessions.end_all(patron)
    emails.address_restored(patron, change)
    return patron


def former(patron: Patron) -> list[str]:
    """Addresses that were the patron's once and are no account's now, as long as the letter that told them is kept."""
    told = Letter.objects.filter(patron_id=patron.pk, occasion="address_changed").values_list("to", flat=True)
    taken = Patron.objects.filter(email__in=set(told)).values_list("email", flat=True)
    return sorted({address for address in told if not address.endswith(".invalid")} - set(taken))


def forget_old() -> None:
    """Deletes what can neither be confirmed nor undone any more."""
    AddressChange.objects.over().delete()


def _is_taken(email: str, patron: Patron) -> bool:
    return Patron.objects.filter(email=email).exclude(pk=patron.pk).exists()


def _subject(change: AddressChange) -> str:
    return f"{change.patron_id}:{change.after}"


def _hash(token: str) -> str:
    return salted_hmac("members.addresses.undo", token, algorithm="sha256").hexdigest()
