"""Casting: one patron, one ballot, changeable until the close.

What was chosen goes into one line of one table and nowhere else: not into a log, a message, a task or an exception. So
does when it was cast, sealed.
"""

import uuid
from base64 import b32encode
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import psycopg
from django.db import connection, transaction
from django.utils.translation import gettext as _

from members.models import Patron
from newsroom import clock
from voting import eligibility, secrecy
from voting.eligibility import Verdict
from voting.methods.ballots import InvalidBallot, ballot_line, listed, tidy
from voting.methods.canonical import canonical, read_json
from voting.models import RollEntry, Round

CODE_LETTERS = 16  # 80 bits

# One statement, in this order: the round's row, held together with other ballots against its close (whoever comes after
# the end does not even ask for it, so that the close gets hold of it); the patron's line on the roll, which is reached
# through the round and held against a second ballot; then, for what is put together last is computed last, the clock.
# What was withdrawn, and whether a payment was taken back, is as of the moment before.
HOLD = """
    WITH held AS MATERIALIZED (
        SELECT id, closes_at, nonce FROM voting_round
        WHERE id = %(round)s AND key_fingerprint = %(fingerprint)s AND closed_at IS NULL AND closes_at > {now}
        FOR SHARE OF voting_round
    ), entry AS MATERIALIZED (
        SELECT line.id, line.weight, line.has_cast, line.void_reason
        FROM held JOIN voting_rollentry line ON line.round_id = held.id AND line.patron_id = %(patron)s
        FOR UPDATE OF line
    )
    SELECT held.closes_at, held.nonce, {now}, ARRAY(
        SELECT voting_topic.slug FROM voting_roundtopic JOIN voting_topic ON voting_topic.id = topic_id
        WHERE round_id = held.id AND withdrawn_at IS NOT NULL
    ), EXISTS (
        SELECT FROM members_membership WHERE patron_id = %(patron)s AND forfeited_at IS NOT NULL
    ), entry.id, entry.weight, entry.has_cast, entry.void_reason
    FROM held LEFT JOIN entry ON true
"""
GET = "SELECT line FROM voting_openballot WHERE round_id = %s AND key = %s"
PUT = """
    INSERT INTO voting_openballot (id, round_id, key, line, sealed_moment) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (round_id, key) DO UPDATE SET line = EXCLUDED.line, sealed_moment = EXCLUDED.sealed_moment
"""


class RoundClosed(Exception):
    """Its time is over, if only by a moment."""

    @property
    def sentence(self) -> str:
        return _("This round has closed: nothing was cast, and an earlier ballot of yours stands as it was.")


class RoundNotOpen(Exception):
    """Still a draft, or not opened yet."""

    @property
    def sentence(self) -> str:
        return _("This round is not open yet.")


class NotEligible(Exception):
    """By the round's rule this patron may not vote now."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reason.value)
        self.verdict = verdict

    @property
    def sentence(self) -> str:
        return str(self.verdict.reason.label)


class KeyLost(Exception):
    """`BALLOT_SECRET` is not the one of the opening: earlier ballots cannot be found, so no second one is cast."""

    @property
    def sentence(self) -> str:
        return _("Ballots cannot be cast just now. The newsroom knows; every ballot already cast is safe.")


@dataclass(slots=True)
class _Held:
    """What a ballot is judged by: the round and the patron's line on its roll, both held, and then the moment."""

    round: Round
    entry: RollEntry | None
    now: datetime
    withdrawn: set[str]
    may_be_taken_back: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """What shows a patron their own line in the published file. It exists in the answer to them and nowhere else."""

    code: str
    nonce: str
    is_change: bool
    changeable_until: datetime


def cast(of: Round, patron: Patron, *, choices: Any) -> Receipt:
    """Casts the patron's one ballot in this round, in place of an earlier one, whose receipt is void from then on.

    The round's row is held against its close, then the patron's line on the roll against a second ballot, and only then
    is the clock read. Raises RoundNotOpen, RoundClosed, NotEligible, KeyLost, or InvalidBallot for choices against the
    rules; then nothing is changed.
    """
    with transaction.atomic():
        held = _held(of, patron)
        if held.entry is None:
            held.entry, held.now = _enrol(held.round, patron), clock.now()
        if held.round.closes_at <= held.now:
            raise RoundClosed
        verdict = eligibility.judge(
            held.round, patron, held.entry, held.now, may_be_taken_back=held.may_be_taken_back
        )  # fmt: skip
        if not verdict.is_eligible:
            raise NotEligible(verdict)
        line, receipt = _written(held, choices, held.entry)
        _put(held, patron, line)
        if not held.entry.has_cast and not _marked(held.entry):
            raise NotEligible(Verdict(eligibility.Reason.VOIDED))
    return receipt


def choices_of(of: Round, patron: Patron) -> Any | None:
    """What the patron's ballot says, while the round is open; None if there is none, or none can be found any more."""
    key = secrecy.key_of(of)
    if key is None:
        return None
    with apart() as cursor:
        cursor.execute(GET, (of.pk, secrecy.ballot_key(key, patron.pk)))
        found = cursor.fetchone()
    return read_json(found[0], "a ballot")["choices"] if found else None


def code_for(slug: str, nonce: str, choices: Any) -> str:
    """The receipt code of a ballot, as anybody can make it who knows all three: choices in their one spelling."""
    said = sha256(f"{slug}\n{nonce}\n{canonical(choices)}".encode()).digest()
    return b32encode(said).decode()[:CODE_LETTERS]


def _held(of: Round, patron: Patron) -> _Held:
    """Holds the round, and the patron's line on the roll if there is one. Raises RoundClosed, RoundNotOpen."""
    with connection.cursor() as cursor:
        which: dict[str, int | str] = {"round": of.pk, "fingerprint": of.key_fingerprint, "patron": patron.pk}
        cursor.execute(HOLD.format(now=clock.sql()), which)
        found = cursor.fetchone()
    if found is None:
        raise RoundClosed
    held = copy(of) if of.opened_at is not None else Round.objects.get(pk=of.pk)
    if held.opened_at is None:
        raise RoundNotOpen
    held.closes_at, held.nonce, now, withdrawn, may_be_taken_back, entry_id, weight, has_cast, void_reason = found
    entry = RollEntry(
        id=entry_id, round=held, patron=patron, weight=weight, has_cast=has_cast, void_reason=void_reason
    ) if entry_id else None  # fmt: skip
    return _Held(held, entry, now, set(withdrawn), may_be_taken_back)


def _enrol(held: Round, patron: Patron) -> RollEntry:
    """Puts a member who came after the opening on the roll, once however often asked, and holds the line."""
    verdict = eligibility.judge(held, patron, None, clock.now())
    if not verdict.is_eligible:
        raise NotEligible(verdict)
    line = RollEntry(round=held, patron=patron, reason=RollEntry.Reason.JOINED, weight=verdict.weight)
    RollEntry.objects.bulk_create([line], ignore_conflicts=True)
    return RollEntry.objects.select_for_update().get(round=held, patron=patron)


def _written(held: _Held, choices: Any, entry: RollEntry) -> tuple[str, Receipt]:
    """The ballot's line, and its receipt."""
    rules = held.round.frozen_rules()
    said = tidy(rules, choices)
    if held.withdrawn & set(listed(said)):
        raise InvalidBallot("withdrawn", "a topic on this ballot was withdrawn from the round")
    nonce = secrecy.nonce()
    code = code_for(held.round.slug, nonce, said)
    receipt = Receipt(code, nonce, entry.has_cast, held.round.closes_at)
    return ballot_line(rules, said, code=code, weight=entry.weight), receipt


def _put(held: _Held, patron: Patron, line: str) -> None:
    """Writes the line where the patron's ballot lies, and the moment, sealed."""
    key = secrecy.key_of(held.round)
    if key is None:
        raise KeyLost
    place = secrecy.ballot_key(key, patron.pk)
    with apart() as cursor:
        sealed = secrecy.seal_moment(key, place, held.now)
        cursor.execute(PUT, (uuid.uuid4(), held.round.pk, place, line, sealed))


def _marked(entry: RollEntry) -> bool:
    """Notes on the roll that a first ballot was cast. Not so if the patron was merged into another a moment ago."""
    return bool(RollEntry.objects.filter(pk=entry.pk, patron__merged_into=None).update(has_cast=True))


@contextmanager
def apart() -> "Iterator[psycopg.Cursor[Any]]":
    """A cursor whose values travel apart from the statement: what PostgreSQL writes into its own log when a statement
    fails, is slow or is cancelled is then the statement without them.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        yield cursor
