"""The close of a round: its ballots are sealed, the key to who cast which is destroyed, and the seal is counted.

Both may run twice and at the same time, and may be killed at any statement: what is not committed did not happen.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import psycopg
import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models import Count

from newsroom import clock
from voting import eligibility, round_log, secrecy, topics
from voting.methods import counting, single_file
from voting.methods.ballots import read_ballots
from voting.methods.bundle import result_text
from voting.methods.canonical import canonical, digest
from voting.methods.configuration import largest_shared
from voting.methods.counting import Closing
from voting.models import Ballot, Eligibility, OpenBallot, Result, RollEntry, Round, TopicState, VoidReason

log = structlog.get_logger(__name__)

# Sorted by what they say: the order of their rows is the order of the published file, and tells nothing of casting.
SEAL = """
    INSERT INTO voting_ballot (id, round_id, line)
    SELECT gen_random_uuid(), round_id, regexp_replace(line, %s, %s)
    FROM voting_openballot WHERE round_id = %s ORDER BY line COLLATE "C"
"""
WEIGHTS = """
    SELECT substring(line FROM '"weight":([0-9])}$')::int, count(*)
    FROM voting_openballot WHERE round_id = %s GROUP BY 1
"""
TAKE_OUT = "DELETE FROM voting_openballot WHERE round_id = %s AND key = ANY(%s)"
SWEEP = (
    "VACUUM voting_openballot, voting_round, voting_rollentry",
    "SET lock_timeout = '1s'",
    "VACUUM FULL voting_openballot",
    "VACUUM FULL voting_round",
    "RESET lock_timeout",
)
# How long a close waits for a secret that was lost, if it needs it.
PATIENCE = timedelta(days=3)
BLANK = ('{"choices":[],', '{"choices":{},')


class KeyLost(Exception):
    """Ballots have to be voided, and with another `BALLOT_SECRET` than the opening's they cannot be found."""


def close(of: Round) -> bool:
    """Closes a round whose time is over, in one transaction; answers whether this call did.

    Those are put on the roll who might have voted and did not, ballots are voided whose payment was taken back before
    the close, the others are sealed, the key is destroyed. Raises KeyLost while a ballot that must be voided cannot be
    found; when nobody has put the secret back in time, such ballots count, and the log says how many.
    """
    with transaction.atomic():
        held = Round.objects.select_for_update().get(pk=of.pk)
        now = clock.now()
        if held.opened_at is None or held.closed_at is not None or held.closes_at > now:
            return False
        if held.eligibility == Eligibility.AT_CAST:
            eligibility.enrol(held, RollEntry.Reason.JOINED, now)
        _void(held, now)
        _seal(held)
        OpenBallot.objects.filter(round=held).delete()
        round_log.write(held, "closed", **numbers(held))
        held.closed_at, held.nonce, held.failure = now, "", ""
        held.save(update_fields=["closed_at", "nonce", "failure"])
    _sweep()
    return True


def _void(held: Round, now: datetime) -> None:
    """Takes out the ballots whose payment was taken back. The log says how many, and nothing else."""
    entries = list(eligibility.taken_back(held))
    if not entries:
        return
    key = secrecy.key_of(held)
    if key is None:
        if now < held.closes_at + PATIENCE:
            raise KeyLost
        round_log.write(held, "not_voided", reason=VoidReason.REFUNDED.value, ballots=len(entries))
        return
    keys = [secrecy.ballot_key(key, entry.patron_id) for entry in entries]
    # Keys travel apart from the statement, as in `ballots.cast`.
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(TAKE_OUT, (held.pk, keys))
    ids = [entry.pk for entry in entries]
    RollEntry.objects.filter(pk__in=ids).update(void_reason=VoidReason.REFUNDED)
    round_log.write(held, "voided", reason=VoidReason.REFUNDED.value, ballots=len(entries))


def _seal(held: Round) -> None:
    """Writes the ballots anew. A weight that few have becomes the next lower one: the roll would tell whose they are.

    Codes differ, so lines are in order whatever becomes of the weight behind them.
    """
    with connection.cursor() as cursor:
        cursor.execute(WEIGHTS, [held.pk])
        found = dict(cursor.fetchall())
        largest = largest_shared(found)
        cursor.execute(SEAL, [f'"weight":[{largest + 1}-9]}}$', f'"weight":{largest}}}', held.pk])
    if max(found, default=1) > largest:
        round_log.write(held, "weights_lowered", largest=largest)


def numbers(of: Round) -> dict[str, Any]:
    """What the log says of the close: the digest of the sealed ballots, and how the roll adds up."""
    sha, blank, every = sha256(), 0, 0
    for line in Ballot.objects.filter(round=of).lines():
        sha.update(line.encode())
        every += 1
        blank += line.startswith(BLANK)
    roll = RollEntry.objects.filter(round=of)
    voided = roll.exclude(void_reason="").values_list("void_reason").annotate(Count("pk")).order_by("void_reason")
    return {
        "ballot_digest": sha.hexdigest(),
        "roll": roll.count(),
        "voted": roll.filter(has_cast=True).count(),
        "counted": every - blank,
        "blank": blank,
        "voided": dict(voided),
        "withdrawn": list(of.entries.filter(withdrawn_at__isnull=False).values_list("topic__slug", flat=True)),
    }


def _sweep() -> None:
    """Takes the dead rows out of their pages, then writes the tables and their indexes anew: in the old files the keys
    of ballots and the nonce would stand until something is written over them.

    Writing anew asks for a table alone, and for no longer than others can wait. Where it is not to be had (a backup
    reads it) the count tries again, and what is left is swept from sight by the database itself every minute.
    """
    if connection.in_atomic_block:
        return
    for statement in SWEEP:
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
        except DatabaseError as error:
            log.warning("ballots_not_swept", error=type(error).__name__)


def count(of: Round, *, reason: str = "") -> Result:
    """Counts a closed round and freezes the result, once; its topics are chosen or not.

    With a `reason`, the one for which it is to be counted again, it puts a new version beside the old. What was
    announced stays: no topic moves then.
    """
    with transaction.atomic():
        closing = _closing(of)
        cast = read_ballots(of.frozen_rules(), Ballot.objects.filter(round=of).lines())
    result = counting.count(of.frozen_rules(), closing, cast)
    text, program = result_text(result), digest(single_file.program())
    with transaction.atomic():
        held = Round.objects.select_for_update().get(pk=of.pk)
        last = held.results.order_by("version").last()
        if last is not None and (not reason or held.recount_reason != reason):
            return last
        version = last.version + 1 if last else 1
        made = Result.objects.create(
            round=held,
            version=version,
            closing=canonical(closing.facts()) + "\n",
            text=text,
            digest=digest(text),
            reason=reason if last else "",
        )
        told = {"program": program, **({"reason": reason} if last else {})}
        round_log.write(held, "counted", version=version, rules=result["rules"], result_digest=made.digest, **told)
        if last is None:
            _announce(held, result["count"]["chosen"])
        else:
            held.recount_reason = held.failure = ""
            held.save(update_fields=["recount_reason", "failure"])
    _sweep()
    return made


def _closing(of: Round) -> Closing:
    """What became known at the close, as the log keeps it."""
    said = of.log.get(kind="closed").facts
    return Closing(
        seed=of.seed,
        ballot_digest=said["ballot_digest"],
        roll=said["roll"],
        counted=said["counted"],
        blank=said["blank"],
        voided=said["voided"],
        withdrawn=tuple(said["withdrawn"]),
    )


def _announce(held: Round, chosen: list[str]) -> None:
    """The moment of the count, and what becomes of the topics."""
    held.counted_at, held.failure = clock.now(), ""
    held.save(update_fields=["counted_at", "failure"])
    for entry in held.entries.filter(withdrawn_at=None).select_related("topic").order_by("topic_id"):
        topics.move(entry.topic, TopicState.CHOSEN if entry.topic.slug in chosen else TopicState.NOT_CHOSEN)
