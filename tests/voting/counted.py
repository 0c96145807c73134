"""Rounds that were held: opened, voted in and closed in the database, and counted as they always are."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from newsroom import clock
from tests.voting.methods.elections import SEED, lines
from voting import closing, round_log
from voting.methods import single_file
from voting.methods.ballots import read_ballots
from voting.methods.bundle import result_text
from voting.methods.canonical import canonical, digest
from voting.methods.configuration import Configuration
from voting.methods.counting import Closing
from voting.models import Ballot, Result, Round, RoundTopic, Topic

# Twenty letters stand for a receipt code; each ballot has its own.
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def code(number: int) -> str:
    """The receipt code of a ballot, by its number."""
    found = ""
    for _ in range(16):
        number, rest = divmod(number * 7 + 11, 32)
        found += LETTERS[rest]
    return found


def coded(of: Configuration, ballots: Iterable[Any], weights: Sequence[int] | None = None) -> str:
    """The sorted file of these ballots, each with its own code."""
    heavy = weights or [1] * len(all_ballots) if (all_ballots := list(ballots)) else []
    found = [
        lines(of, [choices], [weight], code=code(number))
        for number, (choices, weight) in enumerate(zip(all_ballots, heavy, strict=True))
    ]
    return "".join(sorted(found))


def opened(of: Configuration, slug: str = "spring", **fields: Any) -> Round:
    """A round of these rules, open."""
    now = clock.now()
    made = Round.objects.create(
        slug=slug, title_en=of.title, title_uk=fields.pop("title_uk", ""), method=of.method, ballot=of.ballot,
        slots=of.slots, budget=of.budget, most=of.most, total=of.total, offers_none=of.none, weight=of.weight,
        opens_at=now - timedelta(days=7), closes_at=now, scheduled_at=now - timedelta(days=8), **fields,
    )  # fmt: skip
    for position, topic in enumerate(of.topics, 1):
        known, _ = Topic.objects.update_or_create(
            slug=topic.id,
            defaults={"state": "on_ballot"},
            create_defaults={"state": "on_ballot", "title_en": topic.title},
        )
        RoundTopic.objects.create(round=made, topic=known, position=position, cost=topic.cost)
    made.opened_at, made.configuration, made.configuration_digest = made.opens_at, of.text(), of.digest
    made.seed, made.nonce, made.key_fingerprint = SEED, "n", "f"
    made.save()
    round_log.write(made, "opened", configuration_digest=of.digest)
    return made


def counted(
    of: Configuration,
    ballots: Iterable[Any],
    weights: Sequence[int] | None = None,
    *,
    withdrawn: dict[str, str] | None = None,
    voided: dict[str, int] | None = None,
    more_on_the_roll: int = 5,
    **fields: Any,
) -> Round:
    """A round in which these ballots were cast, with its result."""
    made = opened(of, **fields)
    for topic, reason in (withdrawn or {}).items():
        made.entries.filter(topic__slug=topic).update(withdrawn_at=clock.now(), withdrawn_reason=reason)
    text = coded(of, ballots, weights)
    Ballot.objects.bulk_create(Ballot(round=made, line=line) for line in text.splitlines())
    cast = read_ballots(of, text.splitlines(keepends=True))
    roll = cast.lines + sum((voided or {}).values()) + more_on_the_roll
    made.closed_at, made.nonce = made.closes_at, ""
    made.save()
    round_log.write(
        made, "closed", ballot_digest=cast.digest, roll=roll, voted=roll - more_on_the_roll, counted=cast.counted,
        blank=cast.blank, voided=voided or {}, withdrawn=list(withdrawn or ()),
    )  # fmt: skip
    closing.count(made)
    made.refresh_from_db()
    return made


def add_result(of: Round, closed: Closing, result: dict[str, Any], reason: str = "") -> Result:
    """The next version of the result, whatever it says."""
    text, version = result_text(result), of.results.count() + 1
    made = Result.objects.create(
        round=of,
        version=version,
        closing=canonical(closed.facts()) + "\n",
        text=text,
        digest=digest(text),
        reason=reason,
    )
    round_log.write(of, "counted", result_digest=made.digest, program=digest(single_file.program()))
    return made
