"""The ballot as a form: its lines in the voter's own order, what was chosen on them, and what does not fit the rules.

What stands on it is read from the request's body and handed to `ballots.cast`; it is kept nowhere.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from members.models import Patron
from voting import wording
from voting.methods.ballots import InvalidBallot, check_choices, credits_for
from voting.methods.configuration import NONE, Configuration
from voting.methods.configuration import Topic as Choice
from voting.models import Round

CHOICE, RANK, POINTS, BLANK = "choice", "rank-", "points-", "blank"
_NUMBER = re.compile(r"[0-9]{1,4}", re.ASCII)
YES = "yes"


class NotASheet(Exception):
    """What was sent is not this form: a field that it does not have, or one twice."""


@dataclass
class Line:
    """One topic on the sheet. `anchor` is its control's id, `typed` what stands in it, `error` what is wrong there."""

    slug: str
    anchor: str
    title: str
    pitch: str = ""
    plan: str = ""
    cost: int = 1
    withdrawn: str = ""
    typed: str = ""
    error: str = ""


@dataclass
class Sheet:
    """One voter's ballot paper. `choices` is what `ballots.cast` takes, once `is_valid`."""

    rules: Configuration
    lines: list[Line]
    none: Line | None
    withdrawn: list[Line]
    is_bound: bool = False
    choices: Any = None
    errors: list[tuple[str, str]] = field(default_factory=list)
    lacks_confirmation: bool = False

    @property
    def is_valid(self) -> bool:
        return self.is_bound and not self.errors and not self.lacks_confirmation

    @property
    def all_lines(self) -> list[Line]:
        """The lines with a control."""
        return [*self.lines, *([self.none] if self.none else [])]

    @property
    def places(self) -> list[tuple[str, str]]:
        """The places of a ranking, as sent and as read; more than there are if more were sent."""
        most = self.rules.most or len(self.rules.topics)
        sent = [int(line.typed) for line in self.all_lines if _NUMBER.fullmatch(line.typed)]
        count = max(min(most, len(self.lines)) + bool(self.none), *sent, 0)
        return [(str(place), ordinal(place)) for place in range(1, min(count, len(self.all_lines)) + 1)]

    @property
    def has_costs(self) -> bool:
        return self.rules.budget is not None

    @property
    def takes_equals(self) -> bool:
        return self.rules.method == "schulze"

    @property
    def kept(self) -> list[str]:
        """What was chosen, in words, for a page on which nothing can be cast."""
        named = [line for line in self.all_lines if line.typed]
        if self.rules.ballot == "approval":
            return [line.title for line in named]
        if self.rules.ballot == "ranking":
            named.sort(key=lambda line: int(line.typed) if _NUMBER.fullmatch(line.typed) else 10_000)
        return [f"{line.title}: {self._read(line.typed)}" for line in named]

    def _read(self, typed: str) -> str:
        return ordinal(int(typed)) if self.rules.ballot == "ranking" and _NUMBER.fullmatch(typed) else typed[:20]

    def refuse(self, refusal: InvalidBallot) -> None:
        """Puts a refusal of these choices into words, and leads to where it is mended."""
        named = [line for line in self.all_lines if line.typed]
        where = named[0].anchor if named else "ballot"
        self.errors.append((where, self._sentence(refusal, [line.title for line in named])))

    def _sentence(self, refusal: InvalidBallot, named: list[str]) -> str:
        rules, listed = self.rules, "; ".join(named)
        if refusal.reason == "many" and rules.ballot in {"approval", "ranking"}:
            there = len([line for line in self.lines if line.typed])
            return ngettext(
                "At most %(most)s topic may stand on the ballot, and there are %(there)s. Drop one of: %(listed)s.",
                "At most %(most)s topics may stand on the ballot, and there are %(there)s. Drop one of: %(listed)s.",
                rules.most or 0,
            ) % {"most": rules.most, "there": there, "listed": listed}
        if refusal.reason == "total":
            points = [int(line.typed) for line in self.all_lines if line.typed]
            spent = sum(credits_for(one) for one in points) if rules.ballot == "quadratic" else sum(points)
            over = {"total": rules.total, "spent": spent, "over": spent - (rules.total or 0)}
            if rules.ballot == "quadratic":
                return _("These points cost %(spent)s credits, and you have %(total)s: %(over)s too many.") % over
            return _("You have given %(spent)s points, and you have %(total)s: take %(over)s back.") % over
        return {
            "many": _("At most %(most)s points may go to one topic.") % {"most": rules.most},
            "none": _("Who chooses “None of these” chooses nothing else. Drop it, or the others: %(listed)s.")
            % {"listed": "; ".join(named[:-1])},
            "equal": _("Two topics have the same place. Give each place to one topic."),
            "twice": _("A topic stands twice on this ballot. Name each once."),
            "unknown": _("Something on this ballot is no topic of this round. Choose from those on the page."),
            "withdrawn": _("A topic that you had chosen was withdrawn meanwhile. Look at your choices and cast again."),
        }.get(refusal.reason, _("This ballot could not be read. Choose again, please."))


def ordinal(place: int) -> str:
    """`1st`, `2nd`, …, as a place is read."""
    if place % 100 not in {11, 12, 13} and place % 10 in {1, 2, 3}:
        return {1: _("%(place)sst"), 2: _("%(place)snd"), 3: _("%(place)srd")}[place % 10] % {"place": place}
    return _("%(place)sth") % {"place": place}


def prefix(rules: Configuration) -> str:
    """How the ids of the controls begin, and but for approvals their names."""
    return {"approval": f"{CHOICE}-", "ranking": RANK}.get(rules.ballot, POINTS)


def sheet(of: Round, rules: Configuration, *, language: str, voter: Patron | None = None, choices: Any = None) -> Sheet:
    """The ballot paper, with `choices` on it if a ballot was cast before. A withdrawn topic is taken off them.

    The order is the voter's own and stays the same; for whoever is nobody in particular it is the published one.
    """
    begin = prefix(rules)
    lines = [_line(choice, begin, of.withdrawn.get(choice.id, ""), language) for choice in rules.topics]
    if voter is not None:
        lines.sort(key=lambda line: salted_hmac("voting.order", f"{of.pk}:{voter.pk}:{line.slug}").hexdigest())
    none = Line(NONE, f"{begin}{NONE}", _("None of these")) if rules.none else None
    made = Sheet(rules, [one for one in lines if not one.withdrawn], none, [one for one in lines if one.withdrawn])
    typed = _typed_of(choices)
    for line in made.all_lines:
        line.typed = typed.get(line.slug, "")
    return made


def _line(choice: Choice, begin: str, withdrawn: str, language: str) -> Line:
    topic = wording.frozen_topic(choice.id, choice.texts)
    return Line(
        slug=choice.id,
        anchor=f"{begin}{choice.id}",
        title=topic.title(language),
        pitch=topic.pitch(language),
        plan=topic.plan(language),
        cost=choice.cost,
        withdrawn=withdrawn,
    )


def _typed_of(choices: Any) -> dict[str, str]:
    """What stands in the controls for choices as the ballot keeps them."""
    if isinstance(choices, dict):
        return {slug: str(points) for slug, points in choices.items()}
    if choices and isinstance(choices[0], list):
        return {slug: str(place) for place, group in enumerate(choices, 1) for slug in group}
    return dict.fromkeys(choices or (), YES)


def fill(blank: Sheet, data: QueryDict) -> Sheet:
    """Reads a sent ballot onto the sheet, with whatever is wrong with it. Raises NotASheet."""
    typed = _typed(blank.rules, data)
    blank.is_bound = True
    known = {line.slug: line for line in [*blank.all_lines, *blank.withdrawn]}
    for line in known.values():
        line.typed = (typed.get(line.slug) or [""])[0][:20]
    for line in blank.withdrawn:
        if line.typed:
            blank.errors.append(("ballot", _withdrawn(line)))
            line.typed = ""
    try:
        blank.choices = _choices(blank, typed)
        if not blank.errors:
            check_choices(blank.rules, blank.choices)
    except InvalidBallot as refusal:
        blank.refuse(refusal)
    if not blank.errors and not blank.choices and data.get(BLANK) != YES:
        blank.lacks_confirmation = True
    return blank


def _withdrawn(line: Line) -> str:
    return _("“%(topic)s” was withdrawn from this round meanwhile: %(reason)s Look at your choices and cast again.") % {
        "topic": line.title,
        "reason": line.withdrawn,
    }


def _typed(rules: Configuration, data: QueryDict) -> dict[str, list[str]]:
    """What was typed, by topic. Every field must be one of this form's."""
    found: dict[str, list[str]] = {}
    for name, texts in data.lists():
        if name in {"csrfmiddlewaretoken", BLANK} and len(texts) == 1:
            continue
        if rules.ballot == "approval" and name == CHOICE:
            found = {slug: [YES] * texts.count(slug) for slug in texts}
        elif rules.ballot != "approval" and name.startswith(prefix(rules)) and len(texts) == 1:
            found[name.removeprefix(prefix(rules))] = [texts[0].strip()]
        else:
            raise NotASheet
    return found


def _choices(sheet: Sheet, typed: dict[str, list[str]]) -> Any:
    """As a ballot keeps them. A number that is none is noted beside its line. Raises InvalidBallot."""
    if sheet.rules.ballot == "approval":
        return [slug for slug, times in typed.items() for _time in times]
    numbers = {slug: number for slug, texts in typed.items() if (number := _number(sheet, slug, texts[0]))}
    if sheet.rules.ballot != "ranking":
        return numbers
    groups = defaultdict(list)
    for slug, place in numbers.items():
        groups[place].append(slug)
    return [groups[place] for place in sorted(groups)]


def _number(sheet: Sheet, slug: str, text: str) -> int:
    """A typed number, 0 for nothing."""
    if not text:
        return 0
    is_rank = sheet.rules.ballot == "ranking"
    if _NUMBER.fullmatch(text) and (not is_rank or 1 <= int(text) <= len(sheet.all_lines)):
        return int(text)
    line = next((line for line in sheet.all_lines if line.slug == slug), None)
    if line is None:
        raise InvalidBallot("unknown", "no topic of this round")
    line.error = _("There is no such place.") if is_rank else _("Write a whole number, or nothing.")
    sheet.errors.append((line.anchor, f"{line.title}: {line.error}"))
    return 0
