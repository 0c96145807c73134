"""How the history of memberships moves the monthly sum. Pure: changes of one person in, movements out.

Only recurring memberships count. One is live from its first paid charge until it ends, unless it is paused; a failed
payment leaves it live for the days of grace. A movement happens when its change did, but never before one that was
recorded earlier, so that opening, movements and closing always add up. Who is back within a day was not gone: what
ended meanwhile is told anew when they are back, as lowered. What a merge of two records ends, and what returns when it
is undone, is a correction: nobody left and nobody came.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from members.models import EndReason, MembershipChange
from reports.models import MovementKind, parts
from reports.models.movement import ENDINGS

Kind = MembershipChange.Kind
# Of a history's changes those that can move anything.
MOVING = (Kind.JOINED, Kind.CHANGED, Kind.PAUSED, Kind.RESUMED, Kind.ENDED, Kind.RETURNED)
CHANGED = (MovementKind.EXPANSION, MovementKind.CONTRACTION)
# Who is back sooner has switched and not left.
SWITCH = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Change:
    """A row of the history, as it is read."""

    id: int
    membership: int
    kind: str
    before: dict[str, Any]
    after: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """One movement; see reports.models.Movement. `currency` has two of one change where it changed currency."""

    change: int
    at: datetime
    currency: str
    kind: str
    monthly_parts: int
    persons: int = 0
    givers: int = 0
    was: int = 0
    becomes: int = 0
    is_paused: bool = False


@dataclass
class _Person:
    """As far as the history has been told."""

    live: dict[int, tuple[int, str]] = field(default_factory=dict)  # membership → months of its interval, currency
    paused: set[int] = field(default_factory=set)
    has_been_live: bool = False
    at: datetime | None = None
    gone: list[Moved] = field(default_factory=list)  # the endings since which nothing has been live

    @property
    def months(self) -> int:
        return max((months for months, _ in self.live.values()), default=0)

    @property
    def currencies(self) -> set[str]:
        return {currency for _, currency in self.live.values()}

    def follow(self, change: Change) -> None:
        if _is_live(change.after):
            self.live[change.membership] = change.after["interval_months"], change.after["currency"]
        else:
            self.live.pop(change.membership, None)
        (self.paused.add if _is_paused(change.after) else self.paused.discard)(change.membership)


def of(changes: Iterable[Change]) -> list[Moved]:
    """The movements of one person, from all their moving changes in the order in which they were recorded."""
    person, told = _Person(), list[Moved]()
    for change in changes:
        person.at = max(change.at, person.at or change.at)
        told += list(_told(person, change, told))
    return told


def counted_as(told: Iterable[tuple[date, Moved]]) -> Iterator[str]:
    """In which figure each movement of a person is, by its month: what was raised and lowered in one is netted."""
    told, netted = list(told), defaultdict[tuple[date, str], int](int)
    for month, one in told:
        if one.kind in CHANGED:
            netted[month, one.currency] += one.monthly_parts
    for month, one in told:
        if one.kind not in CHANGED:
            yield one.kind if one.monthly_parts else ""
        elif net := netted[month, one.currency]:
            yield MovementKind.EXPANSION if net > 0 else MovementKind.CONTRACTION
        else:
            yield ""


def _told(person: _Person, change: Change, earlier: list[Moved]) -> Iterator[Moved]:
    old, new = _monthly(change.before), _monthly(change.after)
    was, gave, others = person.months, person.currencies, set(person.live) - {change.membership}
    person.follow(change)
    becomes, gives, currency = person.months, person.currencies, change.after["currency"]
    moved = Moved(
        change=change.id, at=person.at or change.at, currency=currency, kind="", monthly_parts=new - old,
        persons=bool(becomes) - bool(was), givers=(currency in gives) - (currency in gave), was=was, becomes=becomes,
        is_paused=not becomes and bool(person.paused),
    )  # fmt: skip
    is_ending = change.kind == Kind.ENDED and change.after["end_reason"] != EndReason.MERGED
    if old and new:
        yield from _changed(moved, change, old, new, (gave, gives))
    elif new:
        yield from _begun(person, change, moved, earlier, has_others=bool(others))
    elif old:
        kind = MovementKind.PAUSED if change.kind == Kind.PAUSED else MovementKind.CORRECTION
        if is_ending:
            kind = MovementKind.CONTRACTION if others else _ending(change)
        moved = replace(moved, kind=kind)
        if not others and change.kind == Kind.ENDED:
            person.gone.append(moved)
        yield moved
    elif is_ending and not becomes and not person.paused:
        person.gone.append(replace(moved, kind=_ending(change)))
        yield person.gone[-1]


def _begun(person: _Person, change: Change, moved: Moved, earlier: list[Moved], *, has_others: bool) -> Iterator[Moved]:
    """Takes back the endings that were none. One out of a pause moved nothing, so nothing is told in its place."""
    switched = [one for one in person.gone if one.kind in ENDINGS and moved.at - one.at < SWITCH]
    for one in switched:
        earlier.remove(one)
        if one.monthly_parts:
            yield replace(one, at=moved.at, kind=MovementKind.CONTRACTION)
    yield replace(moved, kind=_start(person, change, switched, has_others=has_others))
    person.has_been_live, person.gone = True, []


def _start(person: _Person, change: Change, switched: list[Moved], *, has_others: bool) -> MovementKind:
    if change.kind == Kind.RESUMED:
        return MovementKind.RESUMED
    is_of_merge = change.before.get("end_reason") == EndReason.MERGED
    if is_of_merge and person.gone and person.gone[-1].kind == MovementKind.CORRECTION:
        return MovementKind.CORRECTION  # the merge was undone
    if has_others:
        return MovementKind.EXPANSION
    if not person.has_been_live:
        return MovementKind.NEW
    if not switched:
        return MovementKind.REACTIVATED
    return MovementKind.EXPANSION if any(one.monthly_parts for one in switched) else MovementKind.RESUMED


def _changed(
    moved: Moved, change: Change, old: int, new: int, currencies: tuple[set[str], set[str]]
) -> Iterator[Moved]:
    left = change.before["currency"]
    if left != moved.currency:
        gave, gives = currencies
        less = replace(moved, kind=MovementKind.CONTRACTION, currency=left, monthly_parts=-old)
        yield replace(less, givers=(left in gives) - (left in gave))
        yield replace(moved, kind=MovementKind.EXPANSION, monthly_parts=new, was=moved.becomes)
    elif new != old:
        yield replace(moved, kind=MovementKind.EXPANSION if new > old else MovementKind.CONTRACTION)
    elif moved.was != moved.becomes:
        yield replace(moved, kind=MovementKind.EXPANSION)  # 10 a month becomes 120 a year: nothing, of another payer


def _ending(change: Change) -> MovementKind:
    """Unpaid time after somebody asked to end is their choice all the same."""
    reason = change.after["end_reason"]
    if reason == EndReason.DISPUTED:
        return MovementKind.DISPUTED
    if reason == EndReason.LAPSED and not change.before.get("leaves_at"):
        return MovementKind.INVOLUNTARY
    return MovementKind.VOLUNTARY


def _is_live(facts: dict[str, Any]) -> bool:
    return bool(facts) and not facts["ended_at"] and not facts["paused_at"]


def _is_paused(facts: dict[str, Any]) -> bool:
    return not facts["ended_at"] and bool(facts["paused_at"])


def _monthly(facts: dict[str, Any]) -> int:
    """What it brings a month, in parts."""
    return parts.of(facts["amount_minor"], facts["interval_months"]) if _is_live(facts) else 0
