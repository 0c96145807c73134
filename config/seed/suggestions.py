"""Suggestions of the invented newsroom's members: some wait, one for too long, some are answered."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from members.models import Membership, Patron
from newsroom import clock
from voting import topics
from voting.models import Suggestion

# Days ago, state, language, title, why, answer.
SUGGESTED: tuple[tuple[int, str, str, str, str, str], ...] = (
    (38, "suggested", "en", "Why the library closes at five", "Nobody who works can go there.", ""),
    (12, "in_review", "uk", "Хто прибирає сніг у дворах", "Торік чекали до березня.", ""),
    (4, "suggested", "uk", "Скільки коштує похорон", "Ціни ніхто не вивішує.", ""),
    (1, "suggested", "en", "Stray dogs near the school", "Two children were bitten this autumn.", ""),
    (
        75, "declined", "uk", "Рейтинг кав’ярень", "Було б весело.",
        "Дякуємо, але на це в нас немає репортерських днів: ми беремося за те, чого не зробить ніхто інший.",
    ),
)  # fmt: skip
ACCEPTED = (52, "en", "Where do old batteries go", "The boxes are full, and nobody empties them.")


def write(seed: int, until: datetime) -> None:
    """Call it in the transaction of the past, once its members are there."""
    members = Patron.objects.filter(pk__in=Membership.objects.live().values("patron")).order_by("pk")
    authors = Random(seed).sample(list(members), min(len(members), len(SUGGESTED) + 1))  # noqa: S311  no secret
    if len(authors) <= len(SUGGESTED):
        return
    for author, (days, state, language, title, why, answer) in zip(authors, SUGGESTED, strict=False):
        _suggest(author, until, days, language=language, title=title, why=why, state=state, answer=answer)
    days, language, title, why = ACCEPTED
    topic = topics.make(
        actor=None, title_en="Where old batteries go", title_uk="Куди дівають старі батарейки",
        pitch_en="The collection boxes are full. We follow one of them.",
        pitch_uk="Скриньки для збору переповнені. Простежимо шлях однієї.",
    )  # fmt: skip
    _suggest(authors[-1], until, days, language=language, title=title, why=why, state="accepted", topic=topic)


def _suggest(author: Patron, until: datetime, days: int, **more: Any) -> None:
    sent = until - timedelta(days=days)
    is_answered = more["state"] not in {"suggested", "in_review"}
    Suggestion.objects.create(
        author=author, created_at=sent,
        answer_by=clock.day(sent) + timedelta(days=30), answered_at=sent + timedelta(days=9) if is_answered else None,
        **more,
    )  # fmt: skip
