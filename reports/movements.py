"""How the history of memberships moves the monthly sum. Pure: changes of one person in, movements out.

Only recurring memberships count. One is live from its first paid charge until it ends, unless it is paused; a failed
payment leaves it live for the days of grace. A movement happens when its change did, but never before one that was
recorded earlier, so that opening, movements and closing always add up. What a merge of two records ends, and what
returns when it is undone, is a correction: nobody left and nobody came.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from members.models import EndReason, MembershipChange
from reports.models import MovementKind, parts

Kind = MembershipChange.Kind
# Of a history's changes those that can move anything.
MOVING = (Kind.JOINED, Kind.CHANGED, Kind.PAUSED, Kind.RESUMED, Kind.ENDED, Kind.RETURNED)
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
    was: int = 0
    becomes: int = 0
    is_paused: bool = False


@dataclass
class _Person:
    """As far as the history has been told."""

    live: dict[int, int] = field(default_factory=dict)  # membership → months of its interval
    paused: set[int] = field(default_factory=set)
    has_been_live: bool = False
    at: datetime | None = None
    left: int | None = None  # which movement was the last ending, as long as nothing followed


def of(changes: Iterable[Change]) -> list[Moved]:
    """The movements of one person, from all their moving changes in the order in which they were recorded."""
    person, told = _Person(), list[Moved]()
    for change in changes:
        person.at = max(change.at, person.at or change.at)
        told += _told(person, change, told)
    return told


def _told(person: _Person, change: Change, earlier: list[Moved]) -> Iterator[Moved]:
    old, new = _monthly(change.before), _monthly(change.after)
    was, others = max(person.live.values(), default=0), set(person.live) - {change.membership}
    if _is_live(change.after):
        person.live[change.membership] = change.after["interval_months"]
    else:
        person.live.pop(change.membership, None)
    (person.paused.add if _is_paused(change.after) else person.paused.discard)(change.membership)
    becomes = max(person.live.values(), default=0)
    moved = Moved(
        change=change.id, at=person.at or change.at, currency=change.after["currency"], kind="",
        monthly_parts=new - old, persons=bool(becomes) - bool(was), was=was, becomes=becomes,
        is_paused=not becomes and bool(person.paused),
    )  # fmt: skip
    is_merged = change.kind == Kind.ENDED and change.after["end_reason"] == EndReason.MERGED
    if old == new == 0:
        if change.kind == Kind.ENDED and not is_merged:
            yield replace(moved, kind=_ending(change))
        return
    if old and new:
        yield from _changed(moved, change, old, new)
        return
    if new:
        yield replace(moved, kind=_start(person, change, moved.at, earlier, has_others=bool(others)))
        person.has_been_live, person.left = True, None
        return
    if change.kind == Kind.PAUSED:
        kind = MovementKind.PAUSED
    elif is_merged or change.kind == Kind.ENDED:
        kind = MovementKind.CORRECTION if is_merged else MovementKind.CONTRACTION if others else _ending(change)
        person.left = None if others else len(earlier)
    else:
        kind = MovementKind.CORRECTION
    yield replace(moved, kind=kind)


def _start(person: _Person, change: Change, at: datetime, earlier: list[Moved], *, has_others: bool) -> MovementKind:
    if change.kind == Kind.RESUMED:
        return MovementKind.RESUMED
    left = None if person.left is None else earlier[person.left]
    if change.before.get("end_reason") == EndReason.MERGED and left and left.kind == MovementKind.CORRECTION:
        return MovementKind.CORRECTION  # the merge was undone
    if has_others:
        return MovementKind.EXPANSION
    if not person.has_been_live:
        return MovementKind.NEW
    if person.left is not None and left and at - left.at < SWITCH:
        earlier[person.left] = replace(left, kind=MovementKind.CONTRACTION)
        return MovementKind.EXPANSION
    return MovementKind.REACTIVATED


def _changed(moved: Moved, change: Change, old: int, new: int) -> Iterator[Moved]:
    if change.before["currency"] != change.after["currency"]:
        yield replace(moved, kind=MovementKind.CONTRACTION, currency=change.before["currency"], monthly_parts=-old)
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
