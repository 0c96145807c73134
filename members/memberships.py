"""Memberships follow money: payments says what follows from it, this module writes it and keeps the history."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from members.models import EndReason, Membership, MembershipChange, Patron
from newsroom import clock

Kind = MembershipChange.Kind

# What a change keeps of before and after.
KEPT = (
    "amount_minor", "currency", "interval_months", "monthly_minor", "paid_through", "failing_since", "paused_at",
    "resumes_at", "leaves_at", "ended_at", "end_reason", "forfeited_at",
)  # fmt: skip


class AlreadyMember(Exception):
    """The patron has a recurring membership that has not ended."""

    def __init__(self, membership: Membership) -> None:
        super().__init__(f"{membership} has not ended")
        self.membership = membership


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What money says of a membership now. Amounts in minor units; days in the newsroom's zone."""

    amount_minor: int
    currency: str
    interval_months: int
    first_paid_at: datetime | None  # None: nobody pays for it
    paid_through: date
    failing_since: datetime | None = None
    paused_at: datetime | None = None
    resumes_at: datetime | None = None
    leaves_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str = ""
    forfeited_at: datetime | None = None
    # When the newest payment that stands was paid; dates a return, and is not kept.
    paid_at: datetime | None = None

    @property
    def monthly_minor(self) -> int:
        """The amount a month, rounded half up; for tiers. Reports divide sums once, from amount and interval."""
        return (2 * self.amount_minor + self.interval_months) // (2 * self.interval_months)


def start(patron: Patron, facts: Facts, source: str = Membership.Source.RECURRING) -> Membership:
    """A new membership. A second recurring one raises AlreadyMember: the patron's row is locked meanwhile."""
    with transaction.atomic():
        Patron.objects.select_for_update().get(pk=patron.pk)
        if running := _in_its_place(Membership(patron=patron, source=source)):
            raise AlreadyMember(running)
        membership, joined = begin(patron, facts, source)
        membership.save()
        joined.save()
        follow(membership, facts)
    return membership


def follow(membership: Membership, facts: Facts) -> list[str]:
    """Brings a membership to what money says, one recorded move after the other. Returns the moves; none when repeated.

    A membership whose patron has another live one stays ended: it raises AlreadyMember instead of returning.
    """
    with transaction.atomic():
        row = Membership.objects.select_for_update().get(pk=membership.pk)
        if row.ended_at is not None and facts.ended_at is None:
            Patron.objects.select_for_update().get(pk=row.patron_id)
            if other := _in_its_place(row):
                raise AlreadyMember(other)
        moves = tell(row, facts, clock.now())
        if moves:
            row.save()
            MembershipChange.objects.bulk_create(moves)
        made = [str(move.kind) for move in moves]
        if row.first_paid_at != facts.first_paid_at:
            row.first_paid_at = facts.first_paid_at
            row.save(update_fields=["first_paid_at"])
        for name in (*KEPT, "first_paid_at"):
            setattr(membership, name, getattr(row, name))
    return made


def hand_over(membership: Membership, patron: Patron) -> None:
    """Gives it to another record of the same person; its history says so. Call with both records held.

    Where that has a live one of this kind already, and a patron has but one, this one ends before it goes.
    """
    others = Membership.objects.live().filter(patron=patron, source=membership.source)
    if membership.ended_at is None and membership.source != Membership.Source.GIFT and others.exists():
        follow(membership, replace(facts_of(membership), ended_at=clock.now(), end_reason=EndReason.MERGED))
    Membership.objects.filter(pk=membership.pk).update(patron=patron)
    membership.patron, same = patron, _kept(membership)
    MembershipChange.objects.create(
        membership=membership, kind=Kind.MOVED, before=same, after=same, occurred_at=clock.now()
    )


def facts_of(membership: Membership) -> Facts:
    """What money and time have said of it last, as far as it is kept."""
    kept = (field.name for field in fields(Facts) if field.name != "paid_at")
    return Facts(**{name: getattr(membership, name) for name in kept})


def _in_its_place(membership: Membership) -> Membership | None:
    """The live membership that leaves no place for this one: a patron has one recurring, and any number of gifts."""
    if membership.source != Membership.Source.RECURRING:
        return None
    live = Membership.objects.live().filter(patron=membership.patron_id, source=membership.source)
    other: Membership | None = live.exclude(pk=membership.pk).first()
    return other


def begin(
    patron: Patron, facts: Facts, source: str = Membership.Source.RECURRING
) -> tuple[Membership, MembershipChange]:
    """A new membership and the first line of its history, not saved yet; for `start` and `seed`."""
    membership = Membership(patron=patron, source=source, **_terms(facts))
    membership.first_paid_at, membership.paid_through = facts.first_paid_at, facts.paid_through
    return membership, MembershipChange(
        membership=membership,
        kind=Kind.JOINED,
        before={},
        after=_kept(membership),
        occurred_at=facts.first_paid_at or clock.now(),
    )


def tell(row: Membership, facts: Facts, now: datetime) -> list[MembershipChange]:
    """The moves that bring `row` to what money says, made on `row` but not saved; for `follow` and `seed`.

    A move happened when its fact says, else `now`.
    """
    told = []
    for kind, changes, moment in _moves(row, facts):
        before = _kept(row)
        for name, value in changes.items():
            setattr(row, name, value)
        told.append(
            MembershipChange(membership=row, kind=kind, before=before, after=_kept(row), occurred_at=moment or now)
        )
    return told


def _terms(facts: Facts) -> dict[str, Any]:
    return {
        "amount_minor": facts.amount_minor,
        "currency": facts.currency,
        "interval_months": facts.interval_months,
        "monthly_minor": facts.monthly_minor,
    }


def _moves(row: Membership, facts: Facts) -> Iterator[tuple[str, dict[str, Any], datetime | None]]:
    """What differs, as moves in the order in which they are told: kind, fields, when it happened (None: now)."""
    if row.ended_at is not None and facts.ended_at is None:
        yield Kind.RETURNED, {"ended_at": None, "end_reason": ""}, _brought_back_at(row, facts)
    if any(getattr(row, name) != value for name, value in _terms(facts).items()):
        yield Kind.CHANGED, _terms(facts), None
    if row.paid_through != facts.paid_through:
        later = facts.paid_through > row.paid_through
        kind = (
            Kind.FORFEITED
            if not later
            else Kind.RESTORED
            if row.forfeited_at and not facts.forfeited_at
            else Kind.RENEWED
        )
        yield kind, {"paid_through": facts.paid_through, "forfeited_at": facts.forfeited_at}, facts.forfeited_at
    elif row.forfeited_at != facts.forfeited_at:
        kind = Kind.FORFEITED if facts.forfeited_at else Kind.RESTORED
        yield kind, {"forfeited_at": facts.forfeited_at}, facts.forfeited_at
    if row.ended_at is not None and facts.ended_at is not None:
        return  # what has ended neither fails nor recovers, and does not end again
    for name, with_it, begun, over in (
        ("failing_since", (), Kind.FAILED, Kind.RECOVERED),
        ("paused_at", ("resumes_at",), Kind.PAUSED, Kind.RESUMED),  # a pause whose end moves is told again
        ("leaves_at", (), Kind.LEAVING, Kind.STAYING),
    ):
        value, fresh = getattr(facts, name), {each: getattr(facts, each) for each in (name, *with_it)}
        if fresh == {each: getattr(row, each) for each in fresh} or (value is None and facts.ended_at):
            continue  # with an ending, no other is called off: nothing recovered, nobody stays
        is_dated = name != "leaves_at" and getattr(row, name) != value
        yield (begun if value else over), fresh, value if is_dated else None
    if facts.ended_at is not None:
        over_with_it = {"failing_since": None, "paused_at": None, "resumes_at": None, "leaves_at": None}
        yield Kind.ENDED, {"ended_at": facts.ended_at, "end_reason": facts.end_reason} | over_with_it, facts.ended_at


def _brought_back_at(row: Membership, facts: Facts) -> datetime | None:
    """By a payment since it ended, at that moment; by anything else (a merge undone, a refund that failed), now."""
    if facts.paid_at is None or row.ended_at is None or row.end_reason == EndReason.MERGED:
        return None
    return facts.paid_at if facts.paid_at >= row.ended_at else None


def _kept(membership: Membership) -> dict[str, Any]:
    encode = DjangoJSONEncoder().default
    return {
        name: value if value is None or isinstance(value, int | str) else encode(value)
        for name in KEPT
        for value in [getattr(membership, name)]
    }
