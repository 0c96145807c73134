"""Which topics a proposed title is like: by the three-letter groups of their words, the rare ones counting more.

Works the same for words in any letters and any inflection, needs no extension of PostgreSQL, and static/js/suggest.js
does the same in the reader's browser, so that nothing typed leaves it before it is sent. Only what readers may know is
compared.
"""

import math
import re
from collections import Counter
from functools import lru_cache

from voting.models import Topic
from voting.models.topic import BEFORE_A_BALLOT, TopicState

# What one may still join in with, and what would only be proposed again: the newest of them.
COMPARED = [*BEFORE_A_BALLOT, TopicState.ON_BALLOT, TopicState.CHOSEN, TopicState.ASSIGNED, TopicState.IN_REPORTING]
MOST = 500
SHOWN = 4
# Of the title's weight that a topic must share. Below it are words that any two titles have in common.
ENOUGH = 0.35


def compared() -> list[Topic]:
    """The topics that a title is held against, newest first."""
    found = Topic.objects.public().filter(state__in=COMPARED).order_by("-id")
    return list(found[:MOST])


def to(title: str) -> list[Topic]:
    """Those most like `title`, at most SHOWN, the most similar first."""
    topics = compared()
    known = [groups(words(topic)) for topic in topics]
    spread = Counter(group for one in known for group in one)
    asked = groups(title)

    def weight(shared: frozenset[str]) -> float:
        return sum(math.log(1 + len(topics) / (1 + spread[group])) for group in shared)

    whole = weight(asked)
    scores = [(weight(asked & one) / whole if whole else 0.0, topic) for one, topic in zip(known, topics, strict=True)]
    near = sorted((score for score in scores if score[0] >= ENOUGH), key=lambda score: -score[0])
    return [topic for _score, topic in near[:SHOWN]]


def words(topic: Topic) -> str:
    """What a topic is known by: its titles and pitches in both languages."""
    return f"{topic.title_en} {topic.title_uk} {topic.pitch_en} {topic.pitch_uk}"


@lru_cache(maxsize=2 * MOST)
def groups(text: str) -> frozenset[str]:
    """Each word of three letters or more, with a space before it, in groups of three."""
    found = re.findall(r"[^\W_]{3,}", text.lower().replace("’", "").replace("'", ""))
    return frozenset(f" {word}"[at : at + 3] for word in found for at in range(len(word) - 1))
