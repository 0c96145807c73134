"""The public board: what patrons were promised and what came of it, with the days it took; and what may come next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median_low
from typing import Any

from voting.models import Suggestion, Topic, TopicChange, TopicState
from voting.models.topic import BEFORE_A_BALLOT, PROMISED

# Of what is over, the newest.
MOST = 60


@dataclass(frozen=True)
class Card:
    """A topic on the board. `days` from being chosen to its story, where it has one; `reason` is public."""

    topic: Topic
    title: str
    pitch: str
    since: datetime
    reason: str
    days: int | None


@dataclass(frozen=True)
class Board:
    """The figures count every topic that patrons chose; `median_days` is None without a story."""

    promised: int
    published: int
    dropped: int
    at_work: int
    median_days: int | None
    on_ballot: list[Card]
    in_work: list[Card]
    out: list[Card]
    not_out: list[Card]
    waiting: list[Card]
    over: list[Card]
    refused: list[Suggestion]

    @property
    def over_count(self) -> int:
        return len(self.over) + len(self.refused)


def read(language: str) -> Board:
    """The board as readers may see it, in a handful of queries however many topics there are."""
    promised = list(Topic.objects.public().promised().only("pk", "state"))
    states = [topic.state for topic in promised]
    days = days_to_story([topic.pk for topic in promised if topic.state == TopicState.PUBLISHED])

    def cards(*which: str) -> list[Card]:
        found = Topic.objects.public().filter(state__in=which).select_related("story").order_by("-id")[:MOST]
        return _cards(list(found), days, language)

    return Board(
        promised=len(promised),
        published=states.count(TopicState.PUBLISHED),
        dropped=states.count(TopicState.DROPPED),
        at_work=sum(state in PROMISED[:3] for state in states),
        median_days=median_low(days.values()) if days else None,
        on_ballot=cards(TopicState.ON_BALLOT),
        in_work=cards(TopicState.CHOSEN, TopicState.ASSIGNED, TopicState.IN_REPORTING),
        out=cards(TopicState.PUBLISHED),
        not_out=cards(TopicState.DROPPED),
        waiting=cards(*BEFORE_A_BALLOT),
        over=cards(TopicState.DECLINED, TopicState.EXPIRED),
        refused=list(Suggestion.objects.refused_in_public().only("public_reason", "answered_at")[:MOST]),
    )


def days_to_story(topic_ids: Sequence[int]) -> dict[int, int]:
    """By topic, the whole days from when it was first chosen to when its story, the one that stands, was out."""
    moves = TopicChange.objects.filter(
        topic__in=topic_ids, state__in=[TopicState.CHOSEN, TopicState.PUBLISHED]
    ).order_by("id")
    chosen: dict[int, datetime] = {}
    out: dict[int, datetime] = {}
    for topic_id, state, at in moves.values_list("topic_id", "state", "at"):
        if state == TopicState.CHOSEN:
            chosen.setdefault(topic_id, at)
        else:
            out[topic_id] = at
    return {pk: (out[pk] - chosen[pk]).days for pk in topic_ids if pk in out and pk in chosen}


def _cards(topics: list[Topic], days: dict[int, int], language: str) -> list[Card]:
    last: dict[int, Any] = {}
    for change in TopicChange.objects.filter(topic__in=topics).order_by("id"):
        last[change.topic_id] = change
    return [
        Card(
            topic=topic,
            title=topic.title(language),
            pitch=topic.pitch(language),
            since=last[topic.pk].at if topic.pk in last else topic.created_at,
            reason=last[topic.pk].reason if topic.pk in last else "",
            days=days.get(topic.pk),
        )
        for topic in topics
    ]
