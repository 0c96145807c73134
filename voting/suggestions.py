"""Suggestions: a patron proposes, an editor answers, by a day that was promised.

    suggested ──▶ in_review ──▶ accepted | merged | declined       (an editor)
        └────────────┴────────▶ withdrawn                          (the patron)
        └────────────┴────────▶ expired                            (time, with a sentence that owns up to it)
    merged, declined ─────────▶ in_review                          (undone)

Nobody but editors reads a suggestion before it is answered, and they do not see whose it is.
"""

from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from audit import log
from limits import gates
from members.models import Membership, Patron, Standing
from newsroom import clock
from newsroom.models import Newsroom
from voting import topic_emails, topics
from voting.models import Suggestion, SuggestionState, Topic

S = SuggestionState
MOVES: dict[SuggestionState, frozenset[SuggestionState]] = {
    S.SUGGESTED: frozenset({S.IN_REVIEW, S.ACCEPTED, S.MERGED, S.DECLINED, S.WITHDRAWN, S.EXPIRED}),
    S.IN_REVIEW: frozenset({S.ACCEPTED, S.MERGED, S.DECLINED, S.WITHDRAWN, S.EXPIRED}),
    S.ACCEPTED: frozenset(),
    S.MERGED: frozenset({S.IN_REVIEW}),
    S.DECLINED: frozenset({S.IN_REVIEW}),
    S.WITHDRAWN: frozenset(),
    S.EXPIRED: frozenset({S.IN_REVIEW}),
}
# Of one patron.
WAITING_AT_ONCE, IN_A_MONTH, MONTH = 3, 6, 30 * 86_400
# So long before the promised day is over editors are warned; and so long they have who undo an answer after it.
WARNS_BEFORE = timedelta(days=7)
PAGE = 200


class Refusal(Exception):
    """Why a suggestion is not taken, or stays as it is; the text is the sentence for the page."""


class NotAMember(Refusal):
    """Suggesting is for members."""

    def __init__(self) -> None:
        super().__init__(_("Members suggest topics. Become a patron, and this form is yours."))


class TooMany(Refusal):
    """So that every suggestion can be read with care."""

    def __init__(self) -> None:
        said = {"waiting": WAITING_AT_ONCE, "month": IN_A_MONTH}
        super().__init__(
            _(
                "At most %(waiting)s of your suggestions can wait for an answer at a time, and %(month)s come in "
                "30 days. Withdraw one, or wait for its answer."
            )
            % said
        )


class NotAMove(Refusal):
    """It has been answered, or taken back."""

    def __init__(self) -> None:
        super().__init__(_("This suggestion has been answered or withdrawn meanwhile."))


class AnswerMissing(Refusal):
    """The author is told why."""

    def __init__(self) -> None:
        super().__init__(_("Write the answer: the author reads it."))


def may_suggest(patron: Patron) -> bool:
    """Whether somebody is a member today, in the days of grace too."""
    standings: Any = Membership.objects.with_standing(clock.today(), Newsroom.current().grace_days)
    found: bool = standings.filter(patron=patron, standing_then__in=[Standing.ACTIVE, Standing.PAST_DUE]).exists()
    return found


def suggest(
    patron: Patron, *, title: str, why: str, links: str, language: str, is_author_named: bool = False
) -> Suggestion:
    """Keeps a suggestion, once however often the same is sent. Raises NotAMember or TooMany.

    The patron's row is locked meanwhile, so that two tabs do not go past the limit.
    """
    with transaction.atomic():
        Patron.objects.select_for_update().get(pk=patron.pk)
        if not may_suggest(patron):
            raise NotAMember
        waiting = Suggestion.objects.waiting().filter(author=patron)
        if same := waiting.filter(title=title, why=why).first():
            return same
        if waiting.count() >= WAITING_AT_ONCE or not gates.allow(
            "voting.suggest", str(patron.pk), limit=IN_A_MONTH, seconds=MONTH
        ):
            raise TooMany
        return Suggestion.objects.create(
            author=patron, title=title, why=why, links=links, language=language,
            is_author_named=is_author_named, answer_by=promised_day(),
        )  # fmt: skip


def promised_day() -> date:
    """By when what is sent today is answered."""
    return clock.today() + timedelta(days=Newsroom.current().answer_days)


def withdraw(suggestion: Suggestion) -> None:
    """Its author takes it back. Raises NotAMove once it is answered."""
    with transaction.atomic():
        _answer(_locked(suggestion, S.WITHDRAWN), S.WITHDRAWN)


def unname(suggestion: Suggestion) -> None:
    """The author's name is shown to nobody any more, neither to editors nor on the topic's page."""
    Suggestion.objects.filter(pk=suggestion.pk).update(is_author_named=False)


def take_up(suggestion: Suggestion, *, actor: Patron) -> None:
    """An editor reads it; the author sees so. Undoes an answer, too: it is then promised anew if its day is over."""
    with transaction.atomic():
        row = _locked(suggestion, S.IN_REVIEW)
        is_new = row.state == S.SUGGESTED
        row.state, row.topic, row.answer, row.public_reason, row.answered_at = S.IN_REVIEW, None, "", "", None
        if not is_new:
            row.answer_by = max(row.answer_by, clock.today() + WARNS_BEFORE)
        row.save()
        log.record(actor, "suggestion.review" if is_new else "suggestion.undo", target=f"suggestion:{row.pk}")


def accept(suggestion: Suggestion, *, actor: Patron, answer: str = "", shortlist: bool = False, **words: Any) -> Topic:
    """A new topic comes of it, in the editor's neutral words (`topics.make`). Letter: suggestion_answered."""
    with transaction.atomic():
        row = _locked(suggestion, S.ACCEPTED)
        topic = topics.make(actor=None, **words)
        if shortlist:
            topics.move(topic, "shortlisted")
        _answer(row, S.ACCEPTED, answer, topic)
        log.record(actor, "suggestion.accept", target=f"suggestion:{row.pk}", topic=topic.pk)
    return topic


def merge(suggestion: Suggestion, topic: Topic, *, actor: Patron, answer: str = "") -> None:
    """It is a topic already. `take_up` undoes it. Letter: suggestion_answered."""
    with transaction.atomic():
        row = _locked(suggestion, S.MERGED)
        _answer(row, S.MERGED, answer, topic)
        log.record(actor, "suggestion.merge", target=f"suggestion:{row.pk}", topic=topic.pk)


def decline(suggestion: Suggestion, *, actor: Patron, answer: str, public_reason: str = "") -> None:
    """No, and why. What readers may know of it is said apart, and stands on the board. `take_up` undoes both.

    Letter: suggestion_answered.
    """
    if not answer.strip():
        raise AnswerMissing
    with transaction.atomic():
        row = _locked(suggestion, S.DECLINED)
        row.public_reason = public_reason.strip()
        _answer(row, S.DECLINED, answer)
        log.record(actor, "suggestion.decline", target=f"suggestion:{row.pk}")


def expire_due() -> int:
    """Answers what nobody answered by its day, on the next, with an apology. Returns how many.

    Safe to run twice, also at the same time. Letter: suggestion_answered.
    """
    due = Suggestion.objects.overdue(clock.today()).order_by("pk")
    done = 0
    while True:
        with transaction.atomic():
            rows = list(due.select_for_update(skip_locked=True)[:PAGE])
            for row in rows:
                with translation.override(row.language):
                    sorry = _("The newsroom did not manage to answer in time. You are welcome to suggest it again.")
                _answer(row, S.EXPIRED, sorry)
        if not rows:
            return done
        done += len(rows)


def _locked(suggestion: Suggestion, state: SuggestionState) -> Suggestion:
    row: Suggestion = Suggestion.objects.select_for_update().get(pk=suggestion.pk)
    if state not in MOVES[SuggestionState(row.state)]:
        raise NotAMove
    return row


def _answer(row: Suggestion, state: SuggestionState, answer: str = "", topic: Topic | None = None) -> None:
    row.state, row.answer, row.topic, row.answered_at = state, answer, topic, clock.now()
    row.save()
    if state != S.WITHDRAWN:
        topic_emails.suggestion_answered(row)
