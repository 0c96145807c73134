"""Following a topic: a patron hears once what came of it. Kept as a keyed mark that tells neither who nor which.

Whoever asks must name both, so nobody can list a topic's followers or a patron's topics from the table: this module
tries marks, for one patron or for all, and needs BALLOT_SECRET for it. Those of a record that was merged into another
stay as they are and are tried with the other's, so undoing needs nothing.
"""

import secrets
from collections.abc import Iterable, Iterator

from django.db.models import Q

from members.models import Patron
from voting import secrecy
from voting.models import Follow, Topic, TopicState

PAGE = 1000


def follow(patron: Patron, topic: Topic) -> None:
    """Twice changes nothing. Following a merged topic is following what it was merged into."""
    Follow.objects.get_or_create(mark=secrecy.follow_mark(patron, standing(topic)))


def unfollow(patron: Patron, topic: Topic) -> None:
    """Of the topic and of all that was merged into it."""
    Follow.objects.filter(mark__in=_marks(patron, [topic])).delete()


def is_following(patron: Patron, topic: Topic) -> bool:
    return Follow.objects.filter(mark__in=_marks(patron, [topic])).exists()


def of(patron: Patron, among: Iterable[Topic] | None = None) -> list[Topic]:
    """The topics that a patron follows, found by trying each, or each of `among`."""
    topics = list(Topic.objects.order_by("-id") if among is None else among)
    tried = {secrecy.follow_mark(self, topic): topic for self in patron.selves() for topic in topics}
    known = set(Follow.objects.filter(mark__in=list(tried)).values_list("mark", flat=True))
    return list(dict.fromkeys(standing(topic) for mark, topic in tried.items() if mark in known))


def forget(patron: Patron) -> int:
    """Removes all marks of a patron. Returns how many there were."""
    marks = [secrecy.follow_mark(patron, topic) for topic in Topic.objects.all()]
    return Follow.objects.filter(mark__in=marks).delete()[0]


def followers(topic: Topic) -> list[int]:
    """The ids of those who follow a topic or what was merged into it, each once and in no order.

    Found by trying everybody, page by page; the order of the table must not show through letters written from this.
    """
    found = list(dict.fromkeys(pk for page in _patrons() for pk in _following(page, with_merged(topic))))
    secrets.SystemRandom().shuffle(found)
    return found


def standing(topic: Topic) -> Topic:
    """The topic itself, or what it was merged into at last."""
    while topic.state == TopicState.MERGED and topic.merged_into:
        topic = topic.merged_into
    return topic


def with_merged(topic: Topic) -> list[Topic]:
    """The topic with all that was merged into it, directly or through others."""
    found = [topic]
    for one in found:
        found += [other for other in one.merged.all() if other not in found]
    return found


def _marks(patron: Patron, topics: Iterable[Topic]) -> list[str]:
    tried = [one for topic in topics for one in with_merged(standing(topic))]
    return [secrecy.follow_mark(self, one) for self in patron.selves() for one in tried]


def _patrons() -> Iterator[list[Patron]]:
    last = 0
    active = Patron.objects.filter(Q(is_active=True) | Q(merged_into__is_active=True)).only("pk", "merged_into_id")
    while page := list(active.filter(pk__gt=last).order_by("pk")[:PAGE]):
        yield page
        last = page[-1].pk


def _following(page: list[Patron], topics: list[Topic]) -> list[int]:
    tried = {
        secrecy.follow_mark(patron, topic): patron.merged_into_id or patron.pk for patron in page for topic in topics
    }
    known = Follow.objects.filter(mark__in=list(tried)).values_list("mark", flat=True)
    return list(dict.fromkeys(tried[mark] for mark in known))
