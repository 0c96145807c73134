"""Two records of one person: in a round that is not closed one vote is left, which is the kept record's from then on.

A roll never loses a line and a line never changes its patron. So the merged record's line stays, and what it stood for
goes over: its place where the opening settled who votes, or its ballot. Of two ballots the one that was cast, or last
changed, earlier stays, whichever record's it is: who has voted does not vote again by another record. A closed round
stays as it is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.models import Patron
from voting import ballots, round_log, secrecy
from voting.models import Eligibility, RollEntry, Round, VoidReason

TAKE_OUT = "DELETE FROM voting_openballot WHERE round_id = %s AND key = %s"
MOVE = "UPDATE voting_openballot SET key = %s, sealed_moment = %s WHERE round_id = %s AND key = %s"
MOMENTS = "SELECT key, sealed_moment FROM voting_openballot WHERE round_id = %s AND key = ANY(%s)"


class BallotNotFound(Exception):
    """`BALLOT_SECRET` is not that of the opening, so ballots can be neither compared nor moved nor taken out."""

    @property
    def sentence(self) -> str:
        return _(
            "One of the two has voted in a round that is open, and its ballot cannot be found just now. The two can be "
            "merged when the round has closed."
        )


class Fate(models.TextChoices):
    """What becomes of the merged record's part in a round. Of two ballots it is said which goes, and never when."""

    TAKEN_OUT = "taken_out", gettext_lazy("Both have voted: the ballot of the merged record is taken out for good.")
    REPLACES = (
        "replaces",
        gettext_lazy(
            "Both have voted: the ballot of the kept record was cast or changed later and is taken out for good. That "
            "of the merged record takes its place, and can still be changed."
        ),
    )
    GOES_OVER = "goes_over", gettext_lazy("The ballot of the merged record goes over, and can still be changed.")
    PLACE = "place", gettext_lazy("The place on the roll goes over: the kept record may vote.")


@dataclass(frozen=True, slots=True)
class Part:
    """A round with the two lines on its roll, and what becomes of the merged record's."""

    round: Round
    theirs: RollEntry
    own: RollEntry | None
    fate: Fate


def unclosed() -> "models.QuerySet[Round]":
    """The rounds that are open or will open. Held, no ballot is cast, and none of them opens or closes."""
    return Round.objects.public().filter(closed_at=None).order_by("pk")


def parts(rounds: Iterable[Round], kept: Patron, merged: Patron) -> Iterator[Part]:
    """Where something becomes of the merged record's line. Raises BallotNotFound where it has voted."""
    for one in rounds:
        entries = {entry.patron_id: entry for entry in RollEntry.objects.filter(round=one, patron__in=[kept, merged])}
        theirs, own = entries.get(merged.pk), entries.get(kept.pk)
        if theirs is None or theirs.void_reason or (own and own.void_reason):
            continue
        if theirs.has_cast:
            yield Part(one, theirs, own, _fate(one, own, kept, merged))
        elif own is None and one.eligibility == Eligibility.AT_OPEN:
            yield Part(one, theirs, own, Fate.PLACE)


def unite(rounds: Iterable[Round], kept: Patron, merged: Patron) -> None:
    """Does it. Call with the rounds and both records held. Raises BallotNotFound.

    The published log says that a ballot was voided, as for every other reason, and nothing of whose it was.
    """
    for part in parts(rounds, kept, merged):
        own = part.own or RollEntry.objects.create(
            round=part.round, patron=kept, reason=part.theirs.reason, weight=part.theirs.weight
        )
        if part.fate == Fate.PLACE:
            continue
        _one_ballot(part, kept, merged)
        RollEntry.objects.filter(pk=own.pk).update(has_cast=True)
        RollEntry.objects.filter(pk=part.theirs.pk).update(void_reason=VoidReason.MERGED)
        round_log.write(part.round, "voided", reason=VoidReason.MERGED.value, ballots=1)


def _one_ballot(part: Part, kept: Patron, merged: Patron) -> None:
    key = _key_of(part.round)
    own, theirs = _places(key, kept, merged)
    _own_at, their_at = _moments(key, part.round, own, theirs)
    with ballots.apart() as cursor:
        if part.fate != Fate.GOES_OVER:
            cursor.execute(TAKE_OUT, (part.round.pk, own if part.fate == Fate.REPLACES else theirs))
        if part.fate != Fate.TAKEN_OUT:
            cursor.execute(MOVE, (own, secrecy.seal_moment(key, own, their_at), part.round.pk, theirs))


def _fate(of: Round, own: RollEntry | None, kept: Patron, merged: Patron) -> Fate:
    """Of the merged record's ballot. Of two the later goes; the merged record's where nothing says which that is."""
    key = _key_of(of)
    if own is None or not own.has_cast:
        return Fate.GOES_OVER
    own_at, their_at = _moments(key, of, *_places(key, kept, merged))
    return Fate.REPLACES if their_at < own_at else Fate.TAKEN_OUT


def _key_of(of: Round) -> bytes:
    key = secrecy.key_of(of)
    if key is None:
        raise BallotNotFound
    return key


def _places(key: bytes, kept: Patron, merged: Patron) -> tuple[str, str]:
    return secrecy.ballot_key(key, kept.pk), secrecy.ballot_key(key, merged.pk)


def _moments(key: bytes, of: Round, own: str, theirs: str) -> tuple[datetime, datetime]:
    """When the ballots that lie at these two places were cast."""
    with ballots.apart() as cursor:
        cursor.execute(MOMENTS, (of.pk, [own, theirs]))
        sealed = dict(cursor.fetchall())
    return secrecy.moment_of(key, own, sealed.get(own)), secrecy.moment_of(key, theirs, sealed.get(theirs))
