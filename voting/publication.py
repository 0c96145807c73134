"""What is published of a counted round: the recount bundle and the facts for its page, both cut to its size.

A bundle is made once for each version of a result and kept: later it is only read, and a newer engine changes no older
bundle. Nothing here looks at who voted.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import JSONField
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast

from voting.methods import single_file
from voting.methods.ballots import read_ballots
from voting.methods.bundle import members, packed, published_result
from voting.methods.canonical import canonical, digest, read_json
from voting.methods.configuration import Configuration, Topic, read_configuration
from voting.methods.counting import Closing, read_closing
from voting.models import Ballot, Bundle, Result, Round

CHUNK = 1024 * 1024
# As `ballots.jsonl` writes a code; shorter ones are never issued.
_CODE = re.compile(r"[A-Z2-7]{8,64}", re.ASCII)


@dataclass(frozen=True)
class Published:
    """One version of a round's result as anybody may see it."""

    result: Result

    @cached_property
    def rules(self) -> Configuration:
        return read_configuration(read_json(self.result.round.configuration, "the configuration"))

    @cached_property
    def closing(self) -> Closing:
        return read_closing(self.rules, read_json(self.result.closing, "the closing"))

    @cached_property
    def facts(self) -> dict[str, Any]:
        """`result.json` as it is published; see `published_result` for what is cut."""
        return published_result(self.rules, self.closing, json.loads(self.result.text))

    @property
    def level(self) -> str:
        """`winners`, `totals` or `ballots`: how much an electorate of this size allows."""
        return self.rules.published(self.closing.ballots)

    @cached_property
    def log(self) -> list[dict[str, Any]]:
        """The round's log until this version was counted. What came later is no part of it."""
        entries = [link.entry() for link in self.result.round.log.order_by("number")]
        counts = [number for number, entry in enumerate(entries, 1) if entry["kind"] == "counted"]
        return entries[: counts[self.result.version - 1]]


def newest(round_: Round) -> Published | None:
    """The result that counts, or None while there is none."""
    result = round_.results.select_related("round").order_by("-version").first()
    return Published(result) if result else None


def version(round_: Round, number: int) -> Published | None:
    """One version of the result."""
    result = round_.results.select_related("round").filter(version=number).first()
    return Published(result) if result else None


def chosen(rounds: Iterable[Round]) -> dict[int, list[str]]:
    """What was chosen in each of the rounds that have a result, by the round's key; always published."""
    said = KeyTransform("chosen", KeyTransform("count", Cast("text", JSONField())))
    newest_first = Result.objects.filter(round__in=[one.pk for one in rounds]).order_by("round", "-version")
    return dict(newest_first.distinct("round").annotate(said=said).values_list("round", "said"))


def titles(round_: Round, language: str) -> dict[str, str]:
    """The topics' titles as they were frozen at the opening, by id."""
    rules = read_configuration(read_json(round_.configuration, "the configuration"))
    return {topic.id: title_in(topic, language) for topic in rules.topics}


def title_in(topic: Topic, language: str) -> str:
    """A frozen topic's title in a language, or in the one it has."""
    said = topic.texts if isinstance(topic.texts, dict) else {}
    other = "en" if language == "uk" else "uk"
    title: str = said.get(f"title_{language}") or said.get(f"title_{other}") or topic.title
    return title


def bundle(result: Result) -> Bundle:
    """The recount bundle without its bytes, made now if it was not before. Two who ask at once make the same."""
    kept = Bundle.objects.defer("data").filter(result=result)
    if not (found := kept.first()):
        data = packed(_members(Published(result)))
        made = Bundle(result=result, digest=digest(data), size=len(data), data=data)
        Bundle.objects.bulk_create([made], ignore_conflicts=True)
        found = kept.get()
    return found


def make_due() -> None:
    """Makes the bundles that are not made yet, so that no reader waits for one."""
    for result in Result.objects.filter(bundle=None).select_related("round"):
        bundle(result)


def _members(published: Published) -> dict[str, bytes]:
    rules, closing = published.rules, published.closing
    log = "".join(f"{canonical(entry)}\n" for entry in published.log)
    result, program = json.loads(published.result.text), single_file.program()
    if published.level != "ballots":
        return members(rules, closing, result, log, program)
    lines = list(Ballot.objects.filter(round=published.result.round).lines())
    return members(rules, closing, result, log, program, ballots="".join(lines), cast=read_ballots(rules, lines))


def chunks(made: Bundle) -> Iterator[bytes]:
    """The bundle's bytes, read a mebibyte at a time."""
    with connection.cursor() as cursor:
        for begin in range(1, made.size + 1, CHUNK):
            cursor.execute(
                "SELECT substring(data FROM %s FOR %s) FROM voting_bundle WHERE id = %s", [begin, CHUNK, made.pk]
            )
            yield bytes(cursor.fetchone()[0])


def ballot_with(published: Published, code: str) -> Any | None:
    """The choices on the counted ballot with this receipt code; None if there is none, or ballots are not published."""
    said = re.sub(r"[\s-]", "", code).upper()
    if published.level != "ballots" or not _CODE.fullmatch(said):
        return None
    line = Ballot.objects.filter(round=published.result.round, line__contains=f'"code":"{said}"').first()
    return line and json.loads(line.line)["choices"]
