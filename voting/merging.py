"""Two records of one person: in a round that is not closed one vote is left, that of the record that is kept.

A roll never loses a line and a line never changes its patron. So the merged record's line stays, and what it stood for
goes over: its place where the opening settled who votes, or its ballot where that is the only one. Of two ballots that
of the merged record is taken out: nothing says which of two was cast later. A closed round stays as it is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.models import Patron
from voting import ballots, round_log, secrecy
from voting.models import Eligibility, RollEntry, Round, VoidReason

TAKE_OUT = "DELETE FROM voting_openballot WHERE round_id = %s AND key = %s"
MOVE = "UPDATE voting_openballot SET key = %s WHERE round_id = %s AND key = %s"


class BallotNotFound(Exception):
    """`BALLOT_SECRET` is not that of the opening, so the merged record's ballot can be neither moved nor taken out."""

    @property
    def sentence(self) -> str:
        return _(
            "One of the two has voted in a round that is open, and its ballot cannot be found just now. The two can be "
            "merged when the round has closed."
        )


class Fate(models.TextChoices):
    """What becomes of the merged record's part in a round."""

    TAKEN_OUT = "taken_out", gettext_lazy("Both have voted: the ballot of the merged record is taken out for good.")
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
    """Where something becomes of the merged record's line."""
    for one in rounds:
        entries = {entry.patron_id: entry for entry in RollEntry.objects.filter(round=one, patron__in=[kept, merged])}
        theirs, own = entries.get(merged.pk), entries.get(kept.pk)
        if theirs is None or theirs.void_reason or (own and own.void_reason):
            continue
        if theirs.has_cast:
            yield Part(one, theirs, own, Fate.TAKEN_OUT if own and own.has_cast else Fate.GOES_OVER)
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
    key = secrecy.key_of(part.round)
    if key is None:
        raise BallotNotFound
    theirs = secrecy.ballot_key(key, merged.pk)
    with ballots.apart() as cursor:
        if part.fate == Fate.TAKEN_OUT:
            cursor.execute(TAKE_OUT, (part.round.pk, theirs))
        else:
            cursor.execute(MOVE, (secrecy.ballot_key(key, kept.pk), part.round.pk, theirs))
