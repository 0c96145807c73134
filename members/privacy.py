"""What this room holds of people: the account, gift memberships, what somebody agreed to."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Q

from letters.models import Letter, LetterState
from letters.privacy import EMPTY
from members import codes, gift_emails, tombstones
from members.models import (
    AddressChange,
    Consent,
    GiftMembership,
    GrantedMembership,
    Membership,
    MembershipChange,
    Patron,
    Purpose,
    Session,
)

HELD = {
    "Patron.email": ("e-mail address", "letters and signing in", "until erased"),
    "Patron.declined_letters": ("letters somebody does not want", "not to send them", "until erased"),
    "Patron.name": ("name", "letters and receipts", "until erased"),
    "AddressChange.before": ("address somebody moved from", "so that they can come back", "three days"),
    "AddressChange.after": ("address somebody moves to", "to confirm it", "three days"),
    "GiftMembership.giver_name": ("giver's name", "the recipient reads it", "until the giver is erased"),
    "GiftMembership.message": ("giver's words", "the recipient reads them", "until it lapses or either is erased"),
    "GiftMembership.recipient_name": ("recipient's name", "greeting", "until it lapses or either is erased"),
    "GiftMembership.recipient_email": ("recipient's address", "delivery", "until it is claimed or lapses"),
    "GrantedMembership.reason": ("why a membership was given", "to be able to say why", "until erased"),
    "Session.session_data": ("kind of browser, day of use", "to show and end sessions", "two weeks after last use"),
    "Consent.text": ("what somebody agreed to, word for word", "to prove it", "until erased"),
}
# Opens something, so it is in no export.
SECRET = {
    "Patron": "session_nonce",
    "GiftMembership": "token_hash",
    "Session": "session_key",
    "AddressChange": "undo_hash",
}
NOT_PERSONAL = {
    "MailedCode": "subject_hash browser_hash code_hash asked",  # sealed, for seconds
    "Tier": "slug name_en name_uk",
    "TierThreshold": "currency",
    "Membership": "currency",
    "MembershipChange": "before after",  # amounts and days
    "GiftMembership": "currency",
    "Consent": "version",
    "Tombstone": "person_hash address_hash",
}


def rows(patron: Patron) -> dict[str, Any]:
    """The account and what hangs on it."""
    return {
        "account": Patron.objects.filter(pk=patron.pk),
        "consents": Consent.objects.filter(patron=patron),
        "address_changes": AddressChange.objects.filter(patron=patron),
        "memberships": Membership.objects.filter(patron=patron),
        "membership_changes": MembershipChange.objects.filter(membership__patron=patron),
        "gift_memberships_given": GiftMembership.objects.filter(buyer=patron),
        "gift_memberships_received": _received(patron),
        "granted_memberships": GrantedMembership.objects.filter(membership__patron=patron),
        "passkeys_and_apps": list(
            Authenticator.objects.filter(user=patron).values("type", "created_at", "last_used_at", "data__name")
        ),
        "sessions": [_session(session) for session in _sessions(patron)],
    }


def _session(session: Session) -> dict[str, Any]:
    """What a session says of its patron: with what they came (empty before they are signed in), and on which days."""
    said = session.get_decoded()
    browser, system = said.get("with", ("", ""))
    return {
        "browser": browser, "system": system, "began_on": said.get("began_on"), "used_on": said.get("used_on"),
        "ends_at": session.expire_date,
    }  # fmt: skip


def erase(patron: Patron, now: datetime) -> dict[str, int]:
    """Signed out everywhere, nameless, without a way to sign in. Memberships stay, about nobody."""
    sessions = [session.pk for session in _sessions(patron)]
    codes.forget(Purpose.SIGN_IN, patron.email)
    done = {
        "sessions": Session.objects.filter(pk__in=sessions).delete()[0],
        "passkeys_and_apps": Authenticator.objects.filter(user=patron).delete()[0],
        "address_changes": AddressChange.objects.filter(patron=patron).delete()[0],
        "consents": Consent.objects.filter(patron=patron).delete()[0],
        "granted_memberships": GrantedMembership.objects.filter(membership__patron=patron).update(reason="–"),
        "gift_memberships": _forget_giver(patron)
        + _received(patron).update(recipient_name="", recipient_email="", message=""),
    }
    Patron.objects.filter(pk=patron.pk).update(
        email=tombstones.nameless(patron.pk), name="", role="", is_active=False, last_login=None, erased_at=now,
        declined_letters=[], wants_neutral_letters=False,
    )  # fmt: skip
    return done


def _forget_giver(patron: Patron) -> int:
    """Whoever was given something keeps it, without the giver's name; a letter that waits is written again without."""
    given = GiftMembership.objects.filter(buyer=patron)
    for gift in given:
        letters = Letter.objects.filter(key__startswith=f"{gift_emails.received_key(gift)}:")
        if letters.filter(state=LetterState.QUEUED).delete()[0]:
            GiftMembership.objects.filter(pk=gift.pk).update(delivered_at=None)
        letters.update(**EMPTY)
    return given.update(giver_name="", message="")


def _received(patron: Patron) -> Any:
    of_theirs = Q(membership__patron=patron) | Q(recipient_email__iexact=patron.email, claimed_at=None)
    return GiftMembership.objects.filter(of_theirs)


def _sessions(patron: Patron) -> Iterator[Session]:
    """Where the patron is signed in, and where their address was typed and no code yet: those have to be opened."""
    for session in Session.objects.filter(Q(patron=patron) | Q(patron=None)).iterator(chunk_size=1000):
        if session.patron_id or patron.email in str(session.get_decoded()).lower():
            yield session
