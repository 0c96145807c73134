"""What this room holds of people: suggestions, follows, and in which rounds they took part. Never a choice."""

from datetime import datetime
from typing import Any

from members.models import Patron
from voting import follows
from voting.models import RollEntry, Suggestion

HELD = {
    "Suggestion.title": ("suggested topic", "editors read and answer it", "until erased"),
    "Suggestion.why": ("why a topic was suggested", "editors read it", "until erased"),
    "Suggestion.links": ("links beside a suggestion", "editors read them", "until erased"),
    "Suggestion.answer": ("the newsroom's answer", "the author reads it", "until erased"),
}
SECRET = {"OpenBallot": "key line sealed_moment", "Round": "seed nonce key_fingerprint", "Follow": "mark"}
NOT_PERSONAL = {
    "Topic": "slug title_en title_uk pitch_en pitch_uk plan_en plan_uk",
    "Mailing": "occasion",
    "TopicChange": "reason",
    "Round": "slug title_en title_uk intro_en intro_uk configuration configuration_digest recount_reason failure",
    "RoundTopic": "withdrawn_reason",
    "Suggestion": "public_reason",  # the newsroom's own words, in public
    "Ballot": "line",  # nothing leads from it to a person
    "Bundle": "digest data",
    "Result": "closing text digest reason",
    "RoundLog": "at kind facts previous hash",
}


def rows(patron: Patron) -> dict[str, Any]:
    """What somebody suggested and follows (each topic is tried), and the rounds they might and did take part in."""
    return {
        "followed_topics": [{"topic": topic.slug} for topic in follows.of(patron)],
        "suggestions": Suggestion.objects.filter(author=patron),
        "rounds": list(
            RollEntry.objects.filter(patron=patron).order_by("round_id").values("round__slug", "weight", "has_cast")
        ),
    }


def erase(patron: Patron, now: datetime) -> dict[str, int]:  # noqa: ARG001  the same of every room
    """Suggestions lose their author and their words. Rolls stay: they name a row that is nobody by then."""
    theirs = Suggestion.objects.filter(author=patron)
    # An answer repeats what was asked; a refusal keeps that there was one.
    refused = theirs.exclude(answer="").update(answer="…")
    emptied = theirs.update(author=None, is_author_named=False, title="…", why="", links="")
    return {"suggestions": emptied, "answers": refused, "follows": follows.forget(patron)}
