"""The letters about suggestions, topics and the stories that came of a round. One function a letter."""

import hashlib
from collections.abc import Collection, Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from letters import outbox
from letters.models import Letter
from letters.outbox import Draft
from members import names
from members.models import Patron
from voting.models import Round, Suggestion, Topic, TopicChange, TopicState


def suggestion_answered(suggestion: Suggestion) -> Letter | None:
    """To the author: what became of a suggestion, in the newsroom's words. None if the author is gone."""
    author, topic = suggestion.author, suggestion.topic
    if author is None or suggestion.answered_at is None:
        return None
    is_public = topic is not None and topic.is_for_ballots
    action = (_("The topic's page"), topic_page(topic)) if topic and is_public else (_("Your suggestions"), _mine())
    draft = _draft(
        author, "suggestion_answered", f"suggestion_answered:{suggestion.pk}:{suggestion.answered_at.timestamp()}",
        title=outbox.one_line(suggestion.title), outcome=str(suggestion.state), answer=suggestion.answer,
        is_public=is_public, action=action,
    )  # fmt: skip
    return next(iter(outbox.write_many([draft])), None)


def topic_told(change: TopicChange, patrons: Sequence[Patron], marks: dict[int, str]) -> list[Letter]:
    """To followers: what came of their topic. Sealed, and under keys that are hashes: see docs/voting.md.

    `marks` are those of the patrons' follows.
    """
    return outbox.write_many([_told(change, patron, marks[patron.pk]) for patron in patrons])


def _told(change: TopicChange, patron: Patron, mark: str) -> Draft:
    topic, story = change.topic, change.topic.story
    is_out = change.state == TopicState.PUBLISHED
    action = (_("Read the story"), story.url) if is_out and story else (_("The topic's page"), topic_page(topic))
    key = hashlib.sha256(f"{change.pk}:{mark}".encode()).hexdigest()
    return _draft(
        patron, "topic_told", f"topic_told:{key}", is_sealed=True,
        title=topic.title(patron.language), is_out=is_out, reason=change.reason, action=action,
    )  # fmt: skip


def round_stories(
    told: Round, out: Sequence[Topic], patrons: Sequence[Patron], *, letter: int, others: int, last: Collection[int]
) -> list[Letter]:
    """To those who took part in a round: the stories that came of it. `letter`: the first about them or the second;
    `others`: chosen topics without a story yet; `last`: whom no further letter about the round will reach.
    """
    return outbox.write_many(
        [_stories(told, out, patron, letter=letter, others=others, is_last=patron.pk in last) for patron in patrons]
    )


def _stories(
    told: Round, out: Sequence[Topic], patron: Patron, *, letter: int, others: int, is_last: bool
) -> Draft:  # fmt: skip
    language = patron.language
    facts = [(topic.title(language), topic.story.url) for topic in out if topic.story]
    return _draft(
        patron, "round_stories", f"round_stories:{told.pk}:{patron.pk}" + (":2" if letter == 2 else ""),
        title=told.title(language), facts=facts, is_several=len(facts) > 1, has_others=others > 0, is_last=is_last,
        action=(_("What came of all topics"), f"{settings.SITE_URL}/topics/"),
    )  # fmt: skip


def topic_page(topic: Topic) -> str:
    return f"{settings.SITE_URL}/topics/{topic.slug}/"


def _mine() -> str:
    return f"{settings.SITE_URL}/account/topics/"


def _draft(patron: Patron, occasion: str, key: str, *, is_sealed: bool = False, **context: Any) -> Draft:
    return Draft(
        occasion=occasion, key=key, to=patron.email, language=patron.language, patron=patron, is_sealed=is_sealed,
        context={
            "greeting": names.greeting(names.of(patron, names.Audience.LETTER), patron.language),
            **context,
        },
    )  # fmt: skip
