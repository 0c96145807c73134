"""Who is told what came of a vote: what is due, and when. The letters are written page by page.

A round's voters get one letter about its stories, so at most four letters a round: it waits for the others, up to
`WAITS` after the first. Those who follow a topic get one letter about its end.
"""

from datetime import timedelta

import structlog

from members.models import Patron
from newsroom import clock
from voting import follows, secrecy, topic_emails
from voting.models import Announcement, RollEntry, Round, Topic, TopicChange, TopicState

log = structlog.get_logger(__name__)

# What those who follow a topic wait for: a story, or the word that there will be none.
ENDS = frozenset({TopicState.PUBLISHED, TopicState.DROPPED, TopicState.DECLINED, TopicState.EXPIRED})
OUTSTANDING = [TopicState.CHOSEN, TopicState.ASSIGNED, TopicState.IN_REPORTING]
WAITS = timedelta(days=14)
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
    chosen = Topic.objects.filter(changes__round=decided, changes__state=TopicState.CHOSEN)
    if not chosen.filter(state=TopicState.PUBLISHED).exists():
        return
    is_whole = not chosen.filter(state__in=OUTSTANDING).exists()
    now = clock.now()
    row, is_new = Announcement.objects.get_or_create(
        round=decided, defaults={"due_at": now if is_whole else now + WAITS}
    )
    if is_whole and not is_new and row.done_at is None and row.due_at > now:
        row.due_at = now
        row.save(update_fields=["due_at"])


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
    row = Announcement.objects.select_related("change__topic__story", "round").get(pk=pk)
    try:
        written = _tell_voters(row.round) if row.round else _tell_followers(row.change) if row.change else 0
    except Exception as error:  # noqa: BLE001  whatever a strange row raises, the others are due too
        log.error("not_announced", announcement=pk, error=type(error).__name__)
        return 0
    Announcement.objects.filter(pk=pk, done_at=None).update(done_at=clock.now())
    return written


def _tell_voters(told: Round) -> int:
    """Everybody on the roll who has cast, whatever they chose: nothing here could know it."""
    chosen = Topic.objects.filter(changes__round=told, changes__state=TopicState.CHOSEN).distinct()
    out = list(chosen.filter(state=TopicState.PUBLISHED).select_related("story").order_by("pk"))
    others = chosen.filter(state__in=OUTSTANDING).count()
    if not out:  # all taken back meanwhile: the next story begins anew
        Announcement.objects.filter(round=told).delete()
        return 0
    voters = Patron.objects.filter(roll_entries__round=told, roll_entries__has_cast=True, is_active=True)
    written, last = 0, 0
    while page := list(voters.filter(pk__gt=last).order_by("pk")[:PAGE]):
        written += len(topic_emails.round_stories(told, out, others, page))
        last = page[-1].pk
    return written


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
    entries = RollEntry.objects.filter(
        has_cast=True,
        round__announcement__done_at__gte=published.at,
        round__topic_changes__topic=topic,
        round__topic_changes__state=TopicState.CHOSEN,
    )
    return set(entries.values_list("patron_id", flat=True))
