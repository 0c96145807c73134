"""Topics: the table of their moves, and the verbs that make, word, merge and move them.

Every move is kept as a `TopicChange` with its public reason; a topic's life is read from those rows.
"""

import json
import re
import unicodedata
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import log
from members.models import Patron
from newsroom.models import Newsroom
from stories.models import Story
from voting import announcements, round_log
from voting.models import Round, Topic, TopicChange, TopicState
from voting.models.topic import BEFORE_A_BALLOT

S = TopicState
# A topic that is not for a ballot is taken on without one, so it is assigned from where others would be chosen.
MOVES: dict[TopicState, frozenset[TopicState]] = {
    S.OPEN: frozenset({S.SHORTLISTED, S.ON_BALLOT, S.ASSIGNED, S.MERGED, S.DECLINED, S.EXPIRED}),
    S.SHORTLISTED: frozenset({S.OPEN, S.ON_BALLOT, S.ASSIGNED, S.MERGED, S.DECLINED, S.EXPIRED}),
    # Back to the shortlist when it is withdrawn from the round.
    S.ON_BALLOT: frozenset({S.CHOSEN, S.NOT_CHOSEN, S.SHORTLISTED}),
    S.CHOSEN: frozenset({S.ASSIGNED, S.IN_REPORTING, S.PUBLISHED, S.DROPPED}),
    S.NOT_CHOSEN: frozenset({S.SHORTLISTED, S.ON_BALLOT, S.MERGED, S.DECLINED, S.EXPIRED}),
    S.ASSIGNED: frozenset({S.IN_REPORTING, S.PUBLISHED, S.DROPPED}),
    S.IN_REPORTING: frozenset({S.ASSIGNED, S.PUBLISHED, S.DROPPED}),
    # Another story was meant.
    S.PUBLISHED: frozenset({S.IN_REPORTING}),
    # Undone: back to where it was before (`unmerge`).
    S.MERGED: frozenset({S.OPEN, S.SHORTLISTED, S.NOT_CHOSEN}),
    S.DECLINED: frozenset({S.OPEN}),
    S.DROPPED: frozenset({S.ASSIGNED, S.IN_REPORTING}),
    S.EXPIRED: frozenset({S.OPEN}),
}
WITH_REASON = frozenset({S.DECLINED, S.DROPPED, S.EXPIRED})
OF_A_ROUND = frozenset({S.CHOSEN, S.NOT_CHOSEN})
# From where a topic takes the place of a dropped winner (`replace`).
STANDS_BY = frozenset({S.OPEN, S.SHORTLISTED, S.NOT_CHOSEN, S.EXPIRED})

# The national transliteration of 2010, without the letters whose Latin form depends on their place: for addresses only.
_LATIN = dict(
    zip(
        "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя'’ё",
        "a b v h g d e ie zh z y i i i k l m n o p r s t u f kh ts ch sh shch  iu ia   e".split(" "),
        strict=True,
    )
)


class Refusal(Exception):
    """Why a topic stays as it is; the text is the sentence for the page."""


class NotAMove(Refusal):
    """From where the topic stands nothing leads there."""

    def __init__(self, topic: Topic, state: str) -> None:
        said = {"before": topic.get_state_display(), "after": TopicState(state).label}
        super().__init__(_("A topic that is “%(before)s” cannot become “%(after)s”.") % said)


class ReasonMissing(Refusal):
    """Readers are told why."""

    def __init__(self) -> None:
        super().__init__(_("Write the reason: it is shown in public."))


class StoryMissing(Refusal):
    """Published means that there is a story."""

    def __init__(self) -> None:
        super().__init__(_("Name the story that was published."))


class NotForABallot(Refusal):
    """A vote would endanger the subject."""

    def __init__(self) -> None:
        super().__init__(_("This topic is marked as not for a ballot."))


class NoneIsNext(Refusal):
    """The place is not free, or nobody is left in the order."""

    def __init__(self) -> None:
        super().__init__(_("This place is not free any more, or no topic is left in the order of that round."))


class OnABallot(Refusal):
    """While and after patrons vote on a topic its words and its mark stay."""

    def __init__(self) -> None:
        super().__init__(_("Patrons vote on this topic, or did: only its state can change."))


class NotMergeable(Refusal):
    """Merging would move votes against people's will, or lead in a circle."""

    def __init__(self) -> None:
        super().__init__(_("Only a topic that patrons have not voted on can be merged, into another that stands."))


def move(
    topic: Topic, state: str, *, actor: Patron | None = None, reason: str = "", story: Story | None = None
) -> TopicChange:
    """Moves a topic along the table and keeps the move. Raises a Refusal that says why not.

    Locks the topic's row: whoever moves several in one transaction does so in order of id. With an actor it is written
    to the staff's log. A topic not chosen more often than the newsroom carries topics over expires in the same breath,
    without words: `times_not_chosen` says why, in the reader's language.
    Letters: those who follow the topic are told of its end, the voters of its round of its story
    (voting/announcements.py).
    """
    with transaction.atomic():
        row = Topic.objects.select_for_update().get(pk=topic.pk)
        _check(row, TopicState(state), reason, story)
        times = row.times_not_chosen
        change = _write(row, TopicState(state), actor, reason, story)
        if row.times_not_chosen > max(times, Newsroom.current().carry_overs):
            change = _write(row, S.EXPIRED, None, "", None)
        if actor:
            log.record(actor, "topic.move", target=f"topic:{row.pk}", reason=reason[:500], state=str(state))
    topic.refresh_from_db()
    return change


def _check(row: Topic, state: TopicState, reason: str, story: Story | None) -> None:
    if state not in MOVES[TopicState(row.state)]:
        raise NotAMove(row, state)
    if state == S.ON_BALLOT and not row.is_for_ballots:
        raise NotForABallot
    if state == S.ASSIGNED and row.state in {S.OPEN, S.SHORTLISTED} and row.is_for_ballots:
        raise NotAMove(row, state)
    if state in WITH_REASON and not reason.strip():
        raise ReasonMissing
    if state == S.PUBLISHED and story is None:
        raise StoryMissing


def _write(
    row: Topic, state: TopicState, actor: Patron | None, reason: str, story: Story | None, **place: Any
) -> TopicChange:
    # What comes back from a merging was counted when its round was.
    is_decided = state in OF_A_ROUND and row.state != S.MERGED
    row.state, row.story = state, story if state == S.PUBLISHED else None
    if state == S.NOT_CHOSEN and is_decided:
        row.times_not_chosen += 1
    if state != S.MERGED:
        row.merged_into = None
    row.save()
    if is_decided and not place:
        place["round"] = _round_of(row)
    change = TopicChange.objects.create(topic=row, state=state, actor=actor, reason=reason, **place)
    announcements.follow(change)
    return change


def _round_of(row: Topic) -> Round | None:
    """The round that decided: a topic stands in one open round at a time."""
    found: Round | None = (
        Round.objects.filter(entries__topic=row, opened_at__isnull=False).order_by("-opened_at", "-id").first()
    )
    return found


# -- making and wording ----------------------------------------------------------------------------------------------


def make(*, actor: Patron | None, reason: str = "", **words: Any) -> Topic:
    """A new topic, open, under an address made of its title. `words` are its texts, and `is_for_ballots`."""
    with transaction.atomic():
        topic = Topic(**words)
        topic.slug = _free_slug(topic.title_en or topic.title_uk)
        topic.save(force_insert=True)
        TopicChange.objects.create(topic=topic, state=topic.state, actor=actor, reason=reason)
        if actor:
            log.record(actor, "topic.make", target=f"topic:{topic.pk}")
    return topic


def word(topic: Topic, *, actor: Patron, **words: Any) -> None:
    """Other words, or the mark that it is not for a ballot. Raises OnABallot once patrons have voted on it."""
    with transaction.atomic():
        row = Topic.objects.select_for_update().get(pk=topic.pk)
        if row.state not in BEFORE_A_BALLOT:
            raise OnABallot
        for name, value in words.items():
            setattr(row, name, value)
        row.save()
        log.record(actor, "topic.word", target=f"topic:{row.pk}", changed=sorted(words))
    topic.refresh_from_db()


def slug_of(title: str) -> str:
    """A title as a part of an address: Latin letters, digits and hyphens, at most 34; may be empty."""
    latin = "".join(_LATIN.get(letter, letter) for letter in title.lower())
    plain = unicodedata.normalize("NFKD", latin).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:34].strip("-")


def _free_slug(title: str) -> str:
    """That of the title, with a number where it is taken. `none` is a word of ballots, some others are pages'."""
    slug = slug_of(title)
    if slug in {"", "none", "suggest", "follow", "words"}:
        slug = f"topic-{slug}".strip("-")
    taken = set(Topic.objects.filter(slug__startswith=slug).values_list("slug", flat=True))
    return next(found for number in range(1, len(taken) + 3) if (found := _numbered(slug, number)) not in taken)


def _numbered(slug: str, number: int) -> str:
    return slug if number == 1 else f"{slug}-{number}"


# -- merging ---------------------------------------------------------------------------------------------------------


def merge(topic: Topic, into: Topic, *, actor: Patron) -> None:
    """Two topics become one: readers of the first are led to the second, whose followers are those of both.

    Raises NotMergeable if patrons vote on one of them, or have chosen it. `unmerge` undoes it.
    """
    with transaction.atomic():
        rows = {
            row.pk: row for row in Topic.objects.select_for_update().filter(pk__in=[topic.pk, into.pk]).order_by("pk")
        }
        row, other = rows[topic.pk], rows[into.pk]
        if row == other or S.MERGED not in MOVES[TopicState(row.state)] or other.state not in BEFORE_A_BALLOT:
            raise NotMergeable
        row.state, row.merged_into = S.MERGED, other
        row.save()
        TopicChange.objects.create(topic=row, state=S.MERGED, actor=actor)
        log.record(actor, "topic.merge", target=f"topic:{row.pk}", into=other.pk)
    topic.refresh_from_db()


def unmerge(topic: Topic, *, actor: Patron) -> TopicChange:
    """Back to where it stood before it was merged. Whoever followed it follows it alone again."""
    before = topic.changes.exclude(state=S.MERGED).order_by("-id").first()
    return move(topic, before.state if before else S.OPEN, actor=actor)


# -- after the vote --------------------------------------------------------------------------------------------------


def winners_of(decided: Round) -> Any:
    """Topics that a round chose, whatever came of them."""
    return Topic.objects.filter(changes__round=decided, changes__state=S.CHOSEN).distinct()


def without_state(decided: Round) -> Any:
    """Those of them of which nobody has said yet what comes of them: until then a round is not archived."""
    return winners_of(decided).filter(state=S.CHOSEN)


def next_for(dropped: Topic) -> Topic | None:
    """Whose the place of a dropped winner is: the first in the order of its round's newest count that can take it.

    The order is read from the whole count, also where the round was too small to publish it. None if the place is
    given, nobody is left, or the topic is no dropped winner.
    """
    won = dropped.changes.filter(state=S.CHOSEN).select_related("round").last()
    if dropped.state != S.DROPPED or won is None or TopicChange.objects.filter(instead_of=dropped).exists():
        return None
    result = won.round and won.round.results.order_by("version").last()
    count = json.loads(result.text)["count"] if result else {"chosen": [], "reserve": []}
    order = count["chosen"] + count["reserve"]
    able = {row.slug: row for row in Topic.objects.filter(slug__in=order, is_for_ballots=True, state__in=STANDS_BY)}
    return next((able[slug] for slug in order if slug in able), None)


def replace(dropped: Topic, *, reason: str, actor: Patron) -> Topic:
    """Gives a dropped winner's place to the next in the order (`next_for`), once, and says so in the round's log.

    Whatever was announced stays. Raises ReasonMissing, NoneIsNext.
    """
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        # The round's row first, as its count does: whoever gives another place of it waits.
        held = (
            Round.objects.select_for_update().filter(topic_changes__in=dropped.changes.filter(state=S.CHOSEN)).first()
        )
        after = next_for(dropped)
        if held is None or after is None:
            raise NoneIsNext
        rows = {
            row.pk: row
            for row in Topic.objects.select_for_update().filter(pk__in=[dropped.pk, after.pk]).order_by("pk")
        }
        if next_for(rows[dropped.pk]) != after:
            raise NoneIsNext
        _write(rows[after.pk], S.CHOSEN, actor, reason, None, round=held, instead_of=dropped)
        round_log.write(held, "replaced", dropped=dropped.slug, topic=after.slug, reason=reason)
        log.record(actor, "topic.replace", target=f"topic:{dropped.pk}", reason=reason[:500], after=after.pk)
    after.refresh_from_db()
    return after
