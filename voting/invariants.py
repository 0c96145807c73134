"""What must hold of rounds and their ballots; collected by `manage.py books`, listed in docs/ballots.md."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from django.db import connection
from django.db.models import Count, F, Q

from newsroom import clock
from voting import closing
from voting.methods.bundle import FIRST_PREVIOUS
from voting.methods.canonical import digest
from voting.models import Ballot, OpenBallot, Result, Round, RoundLog

LATE = timedelta(hours=1)
GUARDS = """
    SELECT wanted.place || ' ' || wanted.name
    FROM (VALUES
        ('voting_round', 'stays'), ('voting_round', 'not_emptied'),
        ('voting_roundtopic', 'stays'), ('voting_roundtopic', 'not_emptied'),
        ('voting_rollentry', 'stays'), ('voting_rollentry', 'never_shrinks'),
        ('voting_rollentry', 'added_while_open'), ('voting_rollentry', 'changed_while_open'),
        ('voting_openballot', 'added_while_open'), ('voting_openballot', 'changed_while_open'),
        ('voting_openballot', 'removed_while_open'), ('voting_openballot', 'not_emptied'),
        ('voting_ballot', 'sealed_while_open'), ('voting_ballot', 'only_grows'),
        ('voting_result', 'only_grows'), ('voting_bundle', 'only_grows'), ('voting_roundlog', 'only_grows')
    ) wanted(place, name)
    WHERE NOT EXISTS (
        SELECT 1 FROM pg_trigger t
        WHERE t.tgrelid = wanted.place::regclass AND t.tgname = wanted.name AND t.tgenabled IN ('O', 'A'))
"""


def log() -> str:
    """The log of a round is no unbroken chain, or its numbers have a gap."""
    found, previous, of, number = [], FIRST_PREVIOUS, 0, 0
    for link in RoundLog.objects.order_by("round_id", "number").iterator():
        if link.round_id != of:
            of, previous, number = link.round_id, FIRST_PREVIOUS, 0
        number += 1
        said = link.entry()
        if (link.number, link.previous, link.hash) != (number, previous, said["hash"]):
            found.append(f"{link.round_id} at entry {link.number}")
        previous = link.hash
    return _said("the log is broken of round", found)


def frozen() -> str:
    """A round's configuration is not the one that its log says was opened."""
    return _said("the configuration was changed of round", _frozen())


def _frozen() -> Iterator[str]:
    for one in Round.objects.filter(opened_at__isnull=False):
        said = one.log.filter(kind="opened").values_list("facts__configuration_digest", flat=True)
        if list(said) != [one.configuration_digest] or digest(one.configuration) != one.configuration_digest:
            yield str(one.pk)


def ballots() -> str:
    """The sealed ballots are not those that the log names, or not as many, or more than have voted."""
    return _said("the ballots are not those of the close in round", _ballots())


def _ballots() -> Iterator[str]:
    for one in Round.objects.filter(closed_at__isnull=False):
        said = [link.facts for link in one.log.filter(kind="closed")]
        if said != [closing.numbers(one)]:
            yield str(one.pk)
        elif not _adds_up(**said[0]):
            yield f"{one.pk} (numbers)"


def _adds_up(*, roll: int, voted: int, counted: int, blank: int, voided: dict[str, int], **_rest: object) -> bool:
    return roll >= voted == counted + blank + sum(voided.values())


def results() -> str:
    """A result is not the one that the log names."""
    return _said("the result was changed of round", _results())


def _results() -> Iterator[str]:
    for one in Round.objects.filter(counted_at__isnull=False):
        said = one.log.filter(kind="counted").values_list("facts__version", "facts__result_digest")
        kept = Result.objects.filter(round=one)
        if list(said) != list(kept.values_list("version", "digest")) or any(
            digest(result.text) != result.digest for result in kept
        ):
            yield str(one.pk)


def secrecy() -> str:
    """A closed round still has open ballots, or an open one not exactly one for everybody who has cast."""
    of_closed = OpenBallot.objects.filter(round__closed_at__isnull=False).values_list("round", flat=True).distinct()
    if found := _said("there are open ballots of the closed round", of_closed):
        return found
    if Ballot.objects.filter(round__closed_at=None).exists():
        return "there are sealed ballots of a round that is not closed"
    uneven = Round.objects.open().annotate(
        cast=Count("roll", filter=Q(roll__has_cast=True, roll__void_reason=""), distinct=True),
        kept=Count("open_ballots", distinct=True),
    )
    odd = uneven.exclude(cast=F("kept")).values_list("pk", flat=True)
    return _said("there is not one ballot for everybody who has voted in round", odd)


def on_time() -> str:
    """A round should have been opened, closed or counted an hour ago."""
    late = clock.now() - LATE
    waiting = (
        Round.objects.to_open().filter(opens_at__lte=late)
        | Round.objects.to_close().filter(closes_at__lte=late)
        | Round.objects.to_count().filter(counted_at=None, closed_at__lte=late)
    )
    return _said("for more than an hour nothing has happened with round", waiting.values_list("pk", flat=True))


def guarded() -> str:
    """A trigger that refuses to change rounds, rolls, ballots or results is gone or switched off."""
    with connection.cursor() as cursor:
        cursor.execute(GUARDS)
        return _said("there is no trigger", [name for (name,) in cursor.fetchall()])


def _said(what: str, found: Iterable[object]) -> str:
    return ", ".join(f"{what} {one}" for one in found)


# By the id under which `books` prints it: a function that returns what is wrong, in words, or an empty text.
INVARIANTS = {
    "voting.log": log,
    "voting.frozen": frozen,
    "voting.ballots": ballots,
    "voting.results": results,
    "voting.secrecy": secrecy,
    "voting.on_time": on_time,
    "voting.guarded": guarded,
}
