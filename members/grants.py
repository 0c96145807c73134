"""Granted memberships: given by staff without money, until a day, with a reason. Nothing renews them."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import log
from members import emails, memberships
from members.memberships import Facts
from members.models import EndReason, GrantedMembership, GrantKind, Membership, Patron
from newsroom import clock
from newsroom.models import GivingCurrency

PAGE = 500


class AlreadyGranted(Exception):
    """The patron has a granted membership that has not ended."""

    @property
    def sentence(self) -> str:
        return _("This person has a granted membership already. End it first.")


@dataclass(frozen=True, slots=True)
class Grant:
    """What staff decide: of which kind, through which day, and why."""

    kind: GrantKind
    last_on: date
    reason: str


def give(patron: Patron, grant: Grant, *, actor: Patron) -> Membership:
    """A membership from now through the grant's last day. Raises AlreadyGranted. Logged; the letter granted follows."""
    with transaction.atomic():
        Patron.objects.select_for_update().get(pk=patron.pk)
        if _running(patron).exists():
            raise AlreadyGranted
        membership = memberships.start(patron, _facts(grant.last_on, GivingCurrency.home()), Membership.Source.GRANT)
        GrantedMembership.objects.create(membership=membership, kind=grant.kind, reason=grant.reason, granted_by=actor)
        emails.granted(membership)
        log.record(
            actor, "membership.grant", target=f"patron:{patron.pk}", kind=str(grant.kind), last_on=grant.last_on
        )  # fmt: skip
    return membership


def end(patron: Patron, *, actor: Patron) -> bool:
    """Ends what is granted before its day; False if nothing is. Logged; the letter grant_ended follows."""
    with transaction.atomic():
        membership = _running(patron).select_for_update().first()
        if membership is None:
            return False
        facts = _ended(membership, clock.now(), EndReason.CANCELLED)
        memberships.follow(membership, facts)
        emails.grant_ended(membership)
        log.record(actor, "membership.end_grant", target=f"patron:{patron.pk}")
    return True


def end_due() -> int:
    """Ends those whose last day is over, each once however many run. Returns how many ended."""
    due = Membership.objects.live().filter(source=Membership.Source.GRANT, paid_through__lt=clock.today())
    ended = 0
    while page := list(due.order_by("pk")[:PAGE]):
        for membership in page:
            over = clock.start_of(date.fromordinal(membership.paid_through.toordinal() + 1))
            ended += bool(memberships.follow(membership, _ended(membership, over, EndReason.EXPIRED)))
    return ended


def _running(patron: Patron) -> Any:
    return Membership.objects.live().filter(patron=patron, source=Membership.Source.GRANT)


def _facts(last_on: date, currency: str) -> Facts:
    """It brings nothing, and nobody has paid for it."""
    return Facts(amount_minor=0, currency=currency, interval_months=1, first_paid_at=None, paid_through=last_on)


def _ended(membership: Membership, at: datetime, reason: EndReason) -> Facts:
    return replace(_facts(membership.paid_through, membership.currency), ended_at=at, end_reason=reason)
