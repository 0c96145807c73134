"""What a merge of two records would do, and why it may not be done. Nothing here changes anything."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from letters.models import Letter
from members.models import Consent, GiftMembership, Membership, Patron
from payments.models import BankAccount, Donation, Payment, Statement
from people.models import Erasure, Note
from voting import merging
from voting.models import Suggestion

# What goes over, by the field that says whose it is. Memberships go by members/memberships.py.
GOES: dict[type[models.Model], str] = {
    Donation: "patron",
    GiftMembership: "buyer",
    Statement: "patron",
    BankAccount: "patron",
    Suggestion: "author",
    Note: "patron",
}
# Of these the kept record has at most one of a kind: its own stays.
GOES_WHERE_NONE_IS: dict[type[models.Model], tuple[str, str]] = {
    Consent: ("patron", "purpose"),
    Authenticator: ("user", "type"),
}


class Refusal(Exception):
    """Nothing was changed. `sentence` is for the page."""

    @property
    def sentence(self) -> str:
        raise NotImplementedError


class OneRecord(Refusal):
    @property
    def sentence(self) -> str:
        return _("That is the same record.")


class WorksHere(Refusal):
    @property
    def sentence(self) -> str:
        return _("One of the two works here. A member of staff's account is not merged: take the role away first.")


class Forgotten(Refusal):
    @property
    def sentence(self) -> str:
        return _("One of the two is erased, or has asked to be: nothing can be put together or taken apart any more.")


class AlreadyMerged(Refusal):
    @property
    def sentence(self) -> str:
        return _("One of the two is merged into another record already. Work with that one, or undo it first.")


class HoldsAnother(Refusal):
    @property
    def sentence(self) -> str:
        return _("Another record is merged into the one that would rest. Keep that one instead, or undo it first.")


class ShutOut(Refusal):
    @property
    def sentence(self) -> str:
        return _("One of the two may not sign in. An admin decides about that first.")


class NotTheLatest(Refusal):
    @property
    def sentence(self) -> str:
        return _("Another record was merged into this one later. Undo that first.")


class Busy(Refusal):
    @property
    def sentence(self) -> str:
        return _("Something is arriving for one of the two just now. Nothing was changed; try again in a minute.")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a merge would do now. `ends`: live memberships for which the kept record has one of the same kind."""

    kept: Patron
    merged: Patron
    counts: dict[type[models.Model], int]
    payments: int
    ends: list[Membership]
    seconds: list[Donation]
    ballots: list[merging.Part]
    letters: int
    has_passkeys: bool
    makes_neutral: bool


def plan(kept: Patron, merged: Patron) -> Plan:
    """What would go over, end, and stay. Raises a Refusal or merging.BallotNotFound."""
    examine(kept, merged)
    ends = list(ending(kept, merged))
    return Plan(
        kept=kept,
        merged=merged,
        counts={model: rows.count() for model, rows in going(kept, merged)}
        | {Membership: Membership.objects.filter(patron=merged).count()},
        payments=Payment.objects.received().filter(donation__patron=merged).count(),
        ends=ends,
        seconds=list(seconds(ends)),
        ballots=list(merging.parts(merging.unclosed(), kept, merged)),
        letters=Letter.objects.filter(patron=merged).count(),
        has_passkeys=Authenticator.objects.filter(user=merged, type=Authenticator.Type.WEBAUTHN).exists(),
        makes_neutral=makes_neutral(kept, merged),
    )


def examine(kept: Patron, merged: Patron) -> None:
    """Raises the Refusal for which the two cannot be merged this way round."""
    both = (kept, merged)
    if kept.pk == merged.pk:
        raise OneRecord
    remembered(*both)
    if any(one.merged_into_id for one in both):
        raise AlreadyMerged
    if any(one.is_staff for one in both):
        raise WorksHere
    if not all(one.is_active for one in both):
        raise ShutOut
    if merged.merged.exists():
        raise HoldsAnother


def remembered(*both: Patron) -> None:
    """Raises Forgotten if one of them is erased or is to be."""
    if any(one.erased_at for one in both) or Erasure.objects.filter(patron__in=both).exists():
        raise Forgotten


def going(kept: Patron, merged: Patron) -> "Iterator[tuple[type[models.Model], QuerySet[Any, Any]]]":
    """Model by model, the rows that go over."""
    for model, field in GOES.items():
        yield model, model._default_manager.filter(**{field: merged}).order_by("pk")
    for model, (field, kind) in GOES_WHERE_NONE_IS.items():
        theirs = _standing_ones(model).filter(**{field: merged})
        own = _standing_ones(model).filter(**{field: kept})
        yield model, theirs.exclude(**{f"{kind}__in": own.values(kind)}).order_by("pk")


def _standing_ones(model: type[models.Model]) -> "QuerySet[Any, Any]":
    """A consent that was withdrawn is history. A passkey is bound to the record that it was made for."""
    if model is Consent:
        return Consent.objects.filter(withdrawn_at=None)
    apps: QuerySet[Any, Any] = Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN)
    return apps


def field_of(model: type[models.Model]) -> str:
    """The field that says whose a row is."""
    return GOES.get(model) or GOES_WHERE_NONE_IS[model][0]


def ending(kept: Patron, merged: Patron) -> "QuerySet[Membership, Membership]":
    """The merged record's live memberships for which the kept one has another: one of recurring ones, one granted."""
    own = Membership.objects.live().filter(patron=kept).exclude(source=Membership.Source.GIFT)
    found: QuerySet[Membership, Membership] = Membership.objects.live().filter(
        patron=merged, source__in=own.values("source")
    )
    return found


def seconds(ends: Iterable[Membership]) -> "QuerySet[Donation, Donation]":
    """The running gifts behind them, which become second ones."""
    found: QuerySet[Donation, Donation] = Donation.objects.running().filter(membership__in=ends)
    return found


def makes_neutral(kept: Patron, merged: Patron) -> bool:
    """Whoever wants letters that say nothing from outside is not exposed by a merge: one wish counts for both."""
    return merged.wants_neutral_letters and not kept.wants_neutral_letters
