"""Who is told what came of a vote: what is due, and when. The letters are written page by page.

A round's voters get a letter about its stories, which wait for one another up to `WAITS`. What comes out after it makes
a second and last one, for whoever got no reminder: so nobody gets more than four letters about a round. Who follows a
topic gets one letter about its end.
"""

from collections.abc import Iterator
from datetime import timedelta

import structlog
from django.db.models import Q, QuerySet

from letters.models import Letter
from members.models import Patron
from newsroom import clock
from voting import follows, secrecy, topic_emails
from voting.models import Announcement, RollEntry, Round, Topic, TopicChange, TopicState

log = structlog.get_logger(__name__)

# What those who follow a topic wait for: a story, or the word that there will be none.
ENDS = frozenset({TopicState.PUBLISHED, TopicState.DROPPED, TopicState.DECLINED, TopicState.EXPIRED})
OUTSTANDING = [TopicState.CHOSEN, TopicState.ASSIGNED, TopicState.IN_REPORTING]
# From the first story of a letter, by the letter: the last one waits for as many as can be.
WAITS = {1: timedelta(days=14), 2: timedelta(days=90)}
PAGE = 200  # letters with their HTML, so few megabytes


def follow(change: TopicChange) -> None:
    """Notes what is to be told of a move that has just been written, in its transaction."""
    if change.state in ENDS:
        Announcement.objects.create(change=change, due_at=clock.now())
    if change.state in {TopicState.PUBLISHED, TopicState.DROPPED}:
        for decided in Round.objects.filter(topic_changes__topic=change.topic, topic_changes__state=TopicState.CHOSEN):
            _follow_round(decided)


def _follow_round(decided: Round) -> None:
    """Its stories are told once nothing more is to be expected, or some time after the first."""
    last = decided.announcements.order_by("letter").last()
    letter = last.letter + 1 if last and last.done_at else last.letter if last else 1
    if letter not in WAITS or not _out(decided, letter):
        return
    is_whole = not _chosen(decided).filter(state__in=OUTSTANDING).exists()
    now = clock.now()
    row, is_new = Announcement.objects.get_or_create(
        round=decided, letter=letter, defaults={"due_at": now if is_whole else now + WAITS[letter]}
    )
    if is_whole and not is_new and row.done_at is None and row.due_at > now:
        row.due_at = now
        row.save(update_fields=["due_at"])


def _chosen(decided: Round) -> QuerySet[Topic]:
    found: QuerySet[Topic] = Topic.objects.filter(changes__round=decided, changes__state=TopicState.CHOSEN).distinct()
    return found


def _out(decided: Round, letter: int) -> list[Topic]:
    """The stories that a letter tells of: those that are out; the second, those that came after the first."""
    out = _chosen(decided).filter(state=TopicState.PUBLISHED).select_related("story").order_by("pk")
    if letter == 1:
        return list(out)
    first = decided.announcements.get(letter=1)
    later = TopicChange.objects.filter(state=TopicState.PUBLISHED, at__gt=first.done_at)
    return list(out.filter(changes__in=later))


def write_due() -> int:
    """Writes the letters of every announcement that is due. Returns how many letters.

    Safe to run twice, also at the same time, and after a crash from its beginning: each letter has its key. Call it
    outside a transaction. Rounds come first, so that a voter who also follows a topic is told of it once.
    """
    return sum(_tell(pk) for pk in _due(change=None)) + sum(_tell(pk) for pk in _due(round=None))


def _due(**which: None) -> list[int]:
    due = Announcement.objects.filter(done_at=None, due_at__lte=clock.now(), **which)
    return list(due.order_by("pk").values_list("pk", flat=True))


def _tell(pk: int) -> int:
    """One that cannot be told is logged, and holds up no other."""
    row, begun = Announcement.objects.select_related("change__topic__story", "round").get(pk=pk), clock.now()
    try:
        written = _tell_voters(row, row.round) if row.round else _tell_followers(row.change) if row.change else 0
    except Exception as error:  # noqa: BLE001  whatever a strange row raises, the others are due too
        log.error("not_announced", announcement=pk, error=type(error).__name__)
        return 0
    Announcement.objects.filter(pk=pk, done_at=None).update(done_at=begun)
    return written


def _tell_voters(row: Announcement, told: Round) -> int:
    """Everybody on the roll who has cast, whatever they chose: nothing here could know it."""
    out = _out(told, row.letter)
    if not out:  # all taken back meanwhile: the next story begins anew
        row.delete()
        return 0
    others, written = _chosen(told).filter(state__in=OUTSTANDING).count(), 0
    for page, reminded in _pages(told):
        readers = [patron for patron in page if row.letter == 1 or patron.pk not in reminded]
        last = reminded if row.letter == 1 else {patron.pk for patron in readers}
        written += len(topic_emails.round_stories(told, out, readers, letter=row.letter, others=others, last=last))
    return written


def _pages(told: Round) -> Iterator[tuple[list[Patron], set[int]]]:
    """Who voted, page by page, and which of them were reminded: three letters have reached them before the stories'."""
    cast = RollEntry.objects.filter(round=told, has_cast=True)
    voters = Patron.objects.filter(Q(pk__in=cast.values("patron")) | Q(pk__in=cast.values("patron__merged_into")))
    voters = voters.filter(is_active=True)
    last = 0
    while page := list(voters.filter(pk__gt=last).order_by("pk")[:PAGE]):
        yield page, set(_reminders(told).filter(patron__in=page).values_list("patron_id", flat=True))
        last = page[-1].pk


def _reminders(told: Round) -> QuerySet[Letter]:
    return Letter.objects.filter(occasion="round_reminder", key__startswith=f"round_reminder:{told.pk}:")


def _tell_followers(change: TopicChange) -> int:
    """Not if it has moved on since: then that is told."""
    topic = change.topic
    if topic.state != change.state:
        return 0
    told = _told_by_their_round(topic)
    found, written = [pk for pk in follows.followers(topic) if pk not in told], 0
    for start in range(0, len(found), PAGE):
        patrons = Patron.objects.in_bulk(found[start : start + PAGE])
        page = [patrons[pk] for pk in found[start : start + PAGE] if pk in patrons]
        marks = {patron.pk: secrecy.follow_mark(patron, topic) for patron in page}
        written += len(topic_emails.topic_told(change, page, marks))
    return written


def _told_by_their_round(topic: Topic) -> set[int]:
    """Voters of a round whose letter about its stories, this one among them, is written."""
    if topic.state != TopicState.PUBLISHED:
        return set()
    published = topic.changes.filter(state=TopicState.PUBLISHED).latest("id")
    told: set[int] = set()
    for of in Round.objects.filter(topic_changes__topic=topic, topic_changes__state=TopicState.CHOSEN):
        for row in of.announcements.filter(done_at__gte=published.at):
            cast = (
                RollEntry.objects.filter(round=of, has_cast=True).select_related("patron").only("patron__merged_into")
            )
            voters = {entry.patron.merged_into_id or entry.patron_id for entry in cast}
            told |= voters - (set(_reminders(of).values_list("patron_id", flat=True)) if row.letter == 2 else set())
    return told
