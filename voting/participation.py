"""What a patron took part in and what came of it: from the roll, which knows that somebody voted and never what."""

from dataclasses import dataclass

from members.models import Patron
from voting.models import RollEntry, Round, Topic, TopicChange, TopicState


@dataclass(frozen=True)
class Part:
    """A round that somebody voted in, with the topics it chose; none as long as it is not counted."""

    round: Round
    chosen: list[Topic]


def of(patron: Patron) -> list[Part]:
    """The rounds in which a patron has cast, newest first."""
    cast = RollEntry.objects.filter(patron__in=patron.selves(), has_cast=True).values("round")
    rounds = list(Round.objects.filter(pk__in=cast).order_by("-opens_at", "-id"))
    chosen: dict[int, dict[int, Topic]] = {row.pk: {} for row in rounds}
    for change in TopicChange.objects.filter(round__in=rounds, state=TopicState.CHOSEN).select_related("topic__story"):
        if change.round_id is not None:
            chosen[change.round_id][change.topic_id] = change.topic
    return [Part(row, list(chosen[row.pk].values())) for row in rounds]


def stories(parts: list[Part]) -> list[Topic]:
    """The topics of these rounds whose story is out, each once, the newest story first."""
    out = {topic.pk: topic for part in parts for topic in part.chosen if topic.state == TopicState.PUBLISHED}
    return sorted(out.values(), key=lambda topic: -(topic.story_id or 0))
