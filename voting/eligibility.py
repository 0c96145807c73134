"""Who may vote in a round, by its written rule. Reads memberships and the roll, never money.

A patron may vote whose membership lives: its first payment settled before the round's cut-off, was not taken back, and
what is paid (with the days of grace) covers today. Where members at the opening vote, the roll made then decides. Who
has cast a ballot may change it until the close even if their paid time ends meanwhile, unless their payment was taken
back.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, islice
from operator import attrgetter

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from members.models import Membership, Patron, TierThreshold
from newsroom import clock
from newsroom.models import Newsroom
from voting.models import Eligibility, RollEntry, Round

BATCH = 5000


class Reason(models.TextChoices):
    """Why somebody may or may not vote, in a sentence that names what mends it."""

    ELIGIBLE = "eligible", _("You may vote.")
    ANONYMOUS = "anonymous", _("Patrons vote. Sign in, and this page says whether you may.")
    NO_MEMBER = (
        "no_member",
        _("Patrons vote. Become one to vote; if you just became one, you may as soon as your first payment arrives."),
    )
    UNSETTLED = "unsettled", _("Your first payment has not arrived yet. You may vote as soon as it does.")
    GRANTED = "granted", _("Your membership was given to you by the newsroom. Patrons vote; become one to vote.")
    LAPSED = "lapsed", _("Your membership has ended. Become a patron again to vote.")
    PAUSED = "paused", _("Your membership is paused. Resume it to vote.")
    TAKEN_BACK = "taken_back", _("Your payment was given back, so it carries no vote. Become a patron again to vote.")
    TOO_LATE = "too_late", _("You became a member after this round's cut-off. You may vote in the next round.")
    NOT_ON_ROLL = (
        "not_on_roll",
        _("Who votes in this round was settled when it opened. As a member you may vote in the next one."),
    )
    VOIDED = "voided", _("Your ballot in this round does not count. Write to the newsroom if you think it should.")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether somebody may vote, why, and how much their ballot weighs."""

    reason: Reason
    weight: int = 1

    @property
    def is_eligible(self) -> bool:
        return self.reason == Reason.ELIGIBLE


def verdict(of: Round, patron: Patron | None) -> Verdict:
    """Whether this patron (None: nobody is signed in) may vote now, by the database's clock."""
    if patron is None:
        return Verdict(Reason.ANONYMOUS)
    return judge(of, patron, RollEntry.objects.filter(round=of, patron=patron).first(), clock.now())


def judge(
    of: Round, patron: Patron, entry: RollEntry | None, now: datetime, *, may_be_taken_back: bool = True
) -> Verdict:
    """The verdict at a moment, from the patron's line on the roll, or None if they have none.

    `may_be_taken_back`: whether some payment of theirs was; who knows that none was saves reading their memberships.
    """
    if entry is not None and entry.void_reason:
        return Verdict(Reason.VOIDED)
    if entry is not None and (entry.has_cast or of.eligibility == Eligibility.AT_OPEN):
        is_back = may_be_taken_back and is_taken_back(of, _memberships(patron))
        return Verdict(Reason.TAKEN_BACK if is_back else Reason.ELIGIBLE, entry.weight)
    theirs = _memberships(patron)
    newsroom = Newsroom.current()
    today = now.astimezone(newsroom.zone_info).date()
    living = [one for one in theirs if _lives(one, today, newsroom.grace_days)]
    in_time = [one for one in living if one.first_paid_at and one.first_paid_at <= _joined_by(of)]
    if not in_time:
        return Verdict(_why_not(theirs, living))
    if of.opened_at and of.eligibility == Eligibility.AT_OPEN:
        return Verdict(Reason.NOT_ON_ROLL)
    return Verdict(Reason.ELIGIBLE, entry.weight if entry else _Scale(of).weight(in_time))


def _memberships(patron: Patron) -> list[Membership]:
    return list(Membership.objects.filter(patron=patron))


def _why_not(theirs: Collection[Membership], living: Collection[Membership]) -> Reason:
    """What keeps somebody from voting none of whose memberships qualifies."""
    if living:
        if any(one.first_paid_at for one in living):
            return Reason.TOO_LATE
        is_given = all(one.source == Membership.Source.GRANT for one in living)
        return Reason.GRANTED if is_given else Reason.UNSETTLED
    if any(one.paused_at and not one.ended_at for one in theirs):
        return Reason.PAUSED
    if any(one.forfeited_at for one in theirs):
        return Reason.TAKEN_BACK
    return Reason.LAPSED if theirs else Reason.NO_MEMBER


def _joined_by(of: Round) -> datetime:
    return of.closes_at - timedelta(hours=of.cutoff_hours)


def _lives(one: Membership, today: date, grace_days: int) -> bool:
    """Its time is paid, with grace where a payment is due, and the payment stands. `_living` says the same in SQL."""
    is_due = one.source == Membership.Source.RECURRING and one.paused_at is None
    return (
        one.ended_at is None
        and one.forfeited_at is None
        and one.paid_through >= today - timedelta(days=grace_days if is_due else 0)
    )


def _living(today: date, grace_days: int) -> Q:
    is_due = Q(source=Membership.Source.RECURRING) & Q(paused_at=None)
    covered = Q(paid_through__gte=today) | (is_due & Q(paid_through__gte=today - timedelta(days=grace_days)))
    return Q(ended_at=None, forfeited_at=None) & covered


class _Scale:
    """Weighs ballots: the rank of the tier, the lowest being 1, and never more than the round's largest weight."""

    def __init__(self, of: Round) -> None:
        self._largest = of.weight
        self._thresholds = list(TierThreshold.objects.values_list("currency", "monthly_minor")) if of.weight > 1 else []

    def weight(self, theirs: Iterable[Membership]) -> int:
        return min(max(1, *(self._rank(one) for one in theirs)), self._largest)

    def _rank(self, one: Membership) -> int:
        return sum(currency == one.currency and minor <= one.monthly_minor for currency, minor in self._thresholds)


def is_taken_back(of: Round, theirs: Collection[Membership]) -> bool:
    """Whether the payment behind somebody's vote was given back before the close, and no other stands in for it.

    Time that merely ends takes no vote away: a membership that ended since the opening still stands in.
    """
    if not any(one.forfeited_at and one.forfeited_at <= of.closes_at for one in theirs):
        return False
    return not any(
        one.first_paid_at
        and one.first_paid_at <= _joined_by(of)
        and (one.forfeited_at is None or one.forfeited_at > of.closes_at)
        and (one.ended_at is None or of.opened_at is None or one.ended_at > of.opened_at)
        for one in theirs
    )


def taken_back(of: Round) -> Iterator[RollEntry]:
    """Who has cast a ballot and whose payment was taken back before the close."""
    forfeited = Membership.objects.filter(patron=OuterRef("patron"), forfeited_at__lte=of.closes_at)
    suspects = RollEntry.objects.filter(Exists(forfeited), round=of, has_cast=True, void_reason="")
    for entry in suspects.order_by("patron_id"):
        if is_taken_back(of, list(Membership.objects.filter(patron=entry.patron_id))):
            yield entry


def electors(of: Round, now: datetime) -> models.QuerySet[Membership]:
    """The memberships that let their patrons vote at a moment, whoever is on the roll."""
    newsroom = Newsroom.current()
    today = now.astimezone(newsroom.zone_info).date()
    return Membership.objects.filter(
        _living(today, newsroom.grace_days), first_paid_at__lte=_joined_by(of), patron__is_active=True
    )


def enrol(of: Round, reason: RollEntry.Reason, now: datetime) -> None:
    """Puts everybody on the roll who may vote now and is not on it. Call with the open round's row held."""
    absent = electors(of, now).filter(~Exists(RollEntry.objects.filter(round=of, patron=OuterRef("patron"))))
    by_patron = groupby(absent.order_by("patron_id").iterator(BATCH), key=attrgetter("patron_id"))
    scale = _Scale(of)
    rows = (
        RollEntry(round=of, patron_id=patron_id, reason=reason, weight=scale.weight(theirs))
        for patron_id, theirs in by_patron
    )
    while batch := list(islice(rows, BATCH)):
        RollEntry.objects.bulk_create(batch)
