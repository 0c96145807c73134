"""Rounds from draft to archive. Opening and closing happen by the database's clock, each exactly once.

Whoever acts is in the staff's log; the round's own log, which is published, says what was done and names nobody.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from audit import log as audit
from members.models import Patron
from newsroom import bell, clock
from voting import closing, opening, round_log, topics
from voting.methods.canonical import Malformed
from voting.methods.configuration import FEWEST_FOR_BALLOTS, FEWEST_WITH_CONSENT, Configuration
from voting.models import Eligibility, Method, RollEntry, Round, RoundTopic, Topic, TopicState, VoidReason

log = structlog.get_logger(__name__)

# What a draft is made of.
FIELDS = {
    "slug", "title_en", "title_uk", "intro_en", "intro_uk", "method", "ballot", "slots", "budget", "most", "total",
    "offers_none", "minimum_support", "minimum_turnout", "weight", "publish_totals", "publish_ballots", "asks_consent",
    "eligibility", "cutoff_hours", "is_sensitive", "opens_at", "closes_at", "reminds_at",
}  # fmt: skip


class NotADraft(Exception):
    """It was scheduled or opened already."""

    @property
    def sentence(self) -> str:
        return _("This round is no draft any more. Take it back to change it, as long as it has not opened.")


class NotOpen(Exception):
    """It has not opened yet, or its time is over."""

    @property
    def sentence(self) -> str:
        return _("This can be done only while the round is open.")


class NotReady(Exception):
    """The draft cannot be held as it stands."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NotLater(Exception):
    """An open round may only be given more time."""

    @property
    def sentence(self) -> str:
        return _("An open round can only be given more time.")


class ReasonMissing(Exception):
    """What is done to an open round is done in public."""

    @property
    def sentence(self) -> str:
        return _("Say why: the reason is published.")


class NotArchivable(Exception):
    """Readers still wait to hear what becomes of a chosen topic, or the round is not counted yet."""

    @property
    def sentence(self) -> str:
        return _("A round is put away once it is counted and every chosen topic is assigned, or dropped with a reason.")


class NotCounted(Exception):
    """There is no result yet that could be corrected."""

    @property
    def sentence(self) -> str:
        return _("Only a round that is counted can be counted again.")


class BeingCounted(Exception):
    """It was asked for just now, for another reason."""

    @property
    def sentence(self) -> str:
        return _("This round is being counted again already.")


@dataclass(frozen=True, slots=True)
class Turnout:
    """All that anybody learns while a round is open. `joined`: who came on the roll after the opening."""

    roll: int
    voted: int
    joined: int


# -- drafting --------------------------------------------------------------------------------------------------------


def draft(*, actor: Patron | None, **fields: Any) -> Round:
    """A new round, of `FIELDS`. Raises ValidationError.

    What is left out is as usual: approval of up to three, counted simply for one winner and balanced for several;
    members at the opening vote where the subject is sensitive.
    """
    several = fields.get("budget") is not None or (fields.get("slots") or 1) > 1
    fields.setdefault("method", Method.EQUAL_SHARES if several else Method.APPROVAL)
    if fields.get("is_sensitive"):
        fields.setdefault("eligibility", Eligibility.AT_OPEN)
    fewest = FEWEST_FOR_BALLOTS[fields.get("ballot", "approval")]
    fields.setdefault("publish_ballots", min(FEWEST_WITH_CONSENT, fewest) if fields.get("asks_consent") else fewest)
    with transaction.atomic():
        made = Round()
        _set(made, fields)
        round_log.write(made, "created")
        audit.record(actor, "round.draft", target=_target(made))
    return made


def change(of: Round, *, actor: Patron | None, **fields: Any) -> None:
    """Other rules or words for a draft. Raises NotADraft, ValidationError."""
    with transaction.atomic():
        held = _draft(of)
        _set(held, fields)
        audit.record(actor, "round.change", target=_target(held), changed=sorted(fields))
    of.refresh_from_db()


def set_topics(of: Round, entries: Sequence[tuple[Topic, int]], *, actor: Patron | None) -> None:
    """The topics of a draft with their costs, in their order. Raises NotADraft, NotReady."""
    with transaction.atomic():
        held = _draft(of)
        _refuse_unfit([topic.pk for topic, _cost in entries])
        held.entries.all().delete()
        RoundTopic.objects.bulk_create(
            RoundTopic(round=held, topic=topic, position=position, cost=cost)
            for position, (topic, cost) in enumerate(entries, 1)
        )
        audit.record(actor, "round.topics", target=_target(held), topics=[topic.slug for topic, _cost in entries])


def schedule(of: Round, *, actor: Patron | None) -> None:
    """From now on readers see it, and it opens when its time comes. Raises NotADraft, NotReady."""
    with transaction.atomic():
        held = _draft(of)
        now = clock.now()
        if held.closes_at <= now:
            raise NotReady(_("This round would close before it opens."))
        _refuse_unfit(list(held.entries.values_list("topic", flat=True)))
        try:
            rules(held)
        except Malformed as refusal:
            raise NotReady(str(refusal)) from None
        held.scheduled_at = now
        held.save(update_fields=["scheduled_at"])
        round_log.write(held, "scheduled", opens_at=held.opens_at.isoformat(), closes_at=held.closes_at.isoformat())
        audit.record(actor, "round.schedule", target=_target(held))
    of.refresh_from_db()


def unschedule(of: Round, *, actor: Patron | None) -> None:
    """Back to a draft, as long as it has not opened; readers see it no more. Raises NotADraft."""
    with transaction.atomic():
        held = _held(of)
        if held.opened_at is not None:
            raise NotADraft
        if held.scheduled_at is not None:
            opening.take_back(held)
            audit.record(actor, "round.unschedule", target=_target(held))
    of.refresh_from_db()


def rules(of: Round) -> Configuration:
    """Its rules: the frozen ones, or before it opens the draft's. Raises Malformed if a draft has no valid ones."""
    return of.frozen_rules() if of.opened_at is not None else opening.drafted(of)


def _set(row: Round, fields: dict[str, Any]) -> None:
    if unknown := set(fields) - FIELDS:
        raise TypeError(f"a round is not drafted with {', '.join(sorted(unknown))}")
    for name, value in fields.items():
        setattr(row, name, value)
    row.full_clean()
    row.save()


def _refuse_unfit(topic_ids: list[int]) -> None:
    if Topic.objects.for_a_ballot().filter(pk__in=topic_ids).count() != len(topic_ids):
        raise NotReady(_("A topic stands here twice, is on another ballot, was decided on, or is not for a ballot."))


# -- opening and closing ---------------------------------------------------------------------------------------------


def open_due() -> int:
    """Opens every round whose time has come; answers how many."""
    return _each(Round.objects.to_open(), opening.begin)


def close_due() -> int:
    """Closes every round whose time is over and has it counted; answers how many."""
    if done := _each(Round.objects.to_close(), closing.close):
        bell.ring("voting.count_rounds")
    return done


def count_due() -> int:
    """Counts every closed round that is not counted yet, or is to be counted again; answers how many."""
    return _each(Round.objects.to_count(), _count)


def _count(of: Round) -> bool:
    closing.count(of, reason=of.recount_reason)
    return True


def _each(due: Iterable[Round], verb: Callable[[Round], bool]) -> int:
    """Does what is due for one round after the other. One that fails waits for the next time and holds up no other."""
    done = 0
    for one in list(due):
        try:
            done += verb(one)
        except Exception as error:  # noqa: BLE001  whatever it was, the other rounds are due as well
            said = type(error).__name__
            log.error("round_failed", round=one.pk, verb=verb.__name__, error=said)
            Round.objects.filter(pk=one.pk).exclude(failure=said).update(failure=said)
    return done


def turnout(of: Round) -> Turnout:
    """How many are on the roll, how many of them have voted."""
    roll = RollEntry.objects.filter(round=of)
    counted = roll.aggregate(
        roll=Count("pk"), voted=Count("pk", filter=Q(has_cast=True) & ~Q(void_reason=VoidReason.MERGED)),
        joined=Count("pk", filter=Q(reason=RollEntry.Reason.JOINED)),
    )  # fmt: skip
    return Turnout(**counted)


# -- while it is open, and after -------------------------------------------------------------------------------------


def withdraw(of: Round, topic: Topic, *, reason: str, actor: Patron | None) -> None:
    """Takes a topic off the ballot of an open round: ballots stay, and the count passes it over. Again does nothing.

    Raises NotOpen, ReasonMissing.
    """
    with transaction.atomic():
        held = _open_one(of, reason)
        entry = held.entries.get(topic=topic)
        if entry.withdrawn_at is not None:
            return
        entry.withdrawn_at, entry.withdrawn_reason = clock.now(), reason
        entry.save(update_fields=["withdrawn_at", "withdrawn_reason"])
        topics.move(topic, TopicState.SHORTLISTED, reason=reason)
        round_log.write(held, "withdrawn", topic=topic.slug, reason=reason)
        audit.record(actor, "round.withdraw", target=_target(held), reason=reason[:500], topic=topic.slug)


def extend(of: Round, *, closes_at: datetime, reason: str, actor: Patron | None) -> None:
    """Gives an open round more time. Raises NotOpen (also a moment after its end), NotLater, ReasonMissing."""
    with transaction.atomic():
        held = _open_one(of, reason)
        if closes_at <= held.closes_at:
            raise NotLater
        before, held.closes_at = held.closes_at, closes_at
        held.save(update_fields=["closes_at"])
        round_log.write(held, "extended", before=before.isoformat(), after=closes_at.isoformat(), reason=reason)
        audit.record(actor, "round.extend", target=_target(held), reason=reason[:500])
    of.refresh_from_db()


def archive(of: Round, *, actor: Patron | None) -> None:
    """Puts a counted round away. Raises NotArchivable while a chosen topic waits for what becomes of it."""
    with transaction.atomic():
        held = _held(of)
        if held.counted_at is None or topics.without_state(held).exists():
            raise NotArchivable
        if held.archived_at is None:
            held.archived_at = clock.now()
            held.save(update_fields=["archived_at"])
            round_log.write(held, "archived")
            audit.record(actor, "round.archive", target=_target(held))
    of.refresh_from_db()


def count_again(of: Round, *, reason: str, actor: Patron | None) -> None:
    """Has a counted round counted again, by the worker: the new version then stands beside the old; no topic moves.

    Asked for again with the same reason (a form sent twice) it does nothing. Raises NotCounted, BeingCounted,
    ReasonMissing.
    """
    with transaction.atomic():
        held = _held(of)
        if held.counted_at is None:
            raise NotCounted
        if not (why := reason.strip()):
            raise ReasonMissing
        if why in {held.recount_reason, held.results.latest("version").reason}:
            return
        if held.recount_reason:
            raise BeingCounted
        held.recount_reason = why
        held.save(update_fields=["recount_reason"])
        audit.record(actor, "round.count_again", target=_target(held), reason=why[:500])
        transaction.on_commit(lambda: bell.ring("voting.count_rounds"))


def _held(of: Round) -> Round:
    return Round.objects.select_for_update().get(pk=of.pk)


def _draft(of: Round) -> Round:
    held = _held(of)
    if held.scheduled_at is not None:
        raise NotADraft
    return held


def _open_one(of: Round, reason: str) -> Round:
    held = _held(of)
    if held.opened_at is None or held.closed_at is not None or held.closes_at <= clock.now():
        raise NotOpen
    if not reason.strip():
        raise ReasonMissing
    return held


def _target(of: Round) -> str:
    return f"round:{of.pk}"
