"""Ballots: what may stand on one, the sorted file of all, and the piles of equal ballots that the methods count.

A ballot's choices are `["a","b"]` (approval), `[["a"],["c","b"]]` (ranking, equal ranks in one group) or `{"a":5}`
(points). Empty choices are a blank ballot. One line of the file is one ballot, with its receipt code and weight; lines
are sorted as text, so the file shows no order of casting.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from voting.methods.canonical import Malformed, canonical, read_json
from voting.methods.configuration import NONE, Configuration

# A pile's key: pairs of topic and points (an approval is one point), or groups of topics in order of preference.
Scores = tuple[tuple[str, int], ...]
Ranking = tuple[tuple[str, ...], ...]
Piles = Mapping[Any, int]

_CHOICES, _CODE = '{"choices":', ',"code":"'
_TAIL = re.compile(r'[A-Z2-7]{0,64}","weight":([1-9])\}\n', re.ASCII)
# How choices are written where every topic stands alone: what is before, between and behind the topics.
_PLAIN = {"approval": ('["', '","', '"]'), "ranking": ('[["', '"],["', '"]]')}
_LINE = re.compile(r'\{"choices":(.+),"code":"([A-Z2-7]{0,64})","weight":([1-9])\}\n?', re.ASCII)


class InvalidBallot(Malformed):
    """Choices that the round's rules do not allow. `reason` is a word for the page to translate."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


def listed(choices: Any) -> list[str]:
    """Every topic on the ballot, in its order."""
    if isinstance(choices, dict):
        return list(choices)
    if isinstance(choices, list):
        found = [one for part in choices for one in (part if isinstance(part, list) else [part])]
        if all(isinstance(one, str) for one in found):
            return found
    raise InvalidBallot("shape", "a ballot is a list of topics, or points for topics")


def check_choices(rules: Configuration, choices: Any) -> None:
    """Refuses choices that the rules do not allow. Raises InvalidBallot."""
    topics = listed(choices)
    if unknown := set(topics) - set(rules.choices):
        raise InvalidBallot("unknown", f"{min(unknown)[:40]} is not a topic of this round")
    if len(set(topics)) != len(topics):
        raise InvalidBallot("twice", "a topic stands twice on one ballot")
    if rules.ballot in {"points", "quadratic"}:
        _check_points(rules, choices)
        return
    _check_shape(rules, choices)
    if rules.ballot == "approval":
        if NONE in choices and len(choices) > 1:
            raise InvalidBallot("none", "who chooses none of these chooses nothing else")
    elif rules.method != "schulze" and any(len(group) > 1 for group in choices):
        raise InvalidBallot("equal", "this count takes no equal ranks")
    if rules.most is not None and len([topic for topic in topics if topic != NONE]) > rules.most:
        raise InvalidBallot("many", f"at most {rules.most} topics may be chosen")


def _check_shape(rules: Configuration, choices: Any) -> None:
    if not isinstance(choices, list):
        raise InvalidBallot("shape", "a ballot here is a list")
    if rules.ballot == "approval" and not all(isinstance(choice, str) for choice in choices):
        raise InvalidBallot("shape", "an approval is a list of topics")
    if rules.ballot == "ranking" and not all(isinstance(group, list) and group for group in choices):
        raise InvalidBallot("shape", "a ranking is a list of ranks, each a list of topics")


def _check_points(rules: Configuration, choices: Any) -> None:
    if not isinstance(choices, dict) or any(type(points) is not int or points < 1 for points in choices.values()):
        raise InvalidBallot("shape", "a ballot of points gives whole points to topics")
    if any(points > (rules.most or 0) for points in choices.values()):
        raise InvalidBallot("many", f"at most {rules.most} points may go to one topic")
    spent = sum(credits_for(points) if rules.ballot == "quadratic" else points for points in choices.values())
    if spent > (rules.total or 0):
        raise InvalidBallot("total", f"a ballot has {rules.total} to spend, and {spent} are spent")


def credits_for(points: int) -> int:
    """What so many points for one topic cost on a quadratic ballot."""
    return points * points


def tidy(rules: Configuration, choices: Any) -> Any:
    """Valid choices in the one spelling that has no order of its own: what is equal is written equally."""
    check_choices(rules, choices)
    if rules.ballot == "approval":
        return sorted(choices)
    return [sorted(group) for group in choices] if rules.ballot == "ranking" else choices


def ballot_line(rules: Configuration, choices: Any, *, code: str = "", weight: int = 1) -> str:
    """One line of the file, without its end. Raises InvalidBallot."""
    if type(weight) is not int or not 1 <= weight <= rules.weight:
        raise InvalidBallot("weight", f"a ballot weighs from 1 to {rules.weight}")
    line = canonical({"choices": tidy(rules, choices), "code": code, "weight": weight})
    if not _LINE.fullmatch(line):
        raise InvalidBallot("code", "a receipt code is of the letters A to Z and the digits 2 to 7")
    return line


def ballot_text(lines: Iterable[str]) -> str:
    """The file: lines sorted as text, by code points."""
    return "".join(f"{line}\n" for line in sorted(lines))


@dataclass
class Cast:
    """All ballots of a round, equal ones in one pile. `lines` counts ballots, blank ones too.

    `blind` is a second digest of the lines, which nobody can guess who has not all their codes.
    """

    digest: str
    lines: int = 0
    blank: int = 0
    weighted: Counter[Any] = field(default_factory=Counter)
    single: Counter[Any] = field(default_factory=Counter)
    blind: str = ""

    @property
    def counted(self) -> int:
        return self.lines - self.blank

    def add(self, pile: Any, count: int, more: int) -> None:
        """So many equal ballots, which weigh `more` than one each. Blank ones weigh nothing."""
        self.lines += count
        if pile:
            self.single[pile] = self.single.get(pile, 0) + count
            if self.weighted is not self.single:
                self.weighted[pile] = self.weighted.get(pile, 0) + count + more
        else:
            self.blank += count


def read_ballots(rules: Configuration, lines: Iterable[str]) -> Cast:
    """Reads the sorted lines once; memory grows with different ballots, not with ballots. Raises Malformed.

    Equal choices stand together: they are looked at once, and each line after the first at its end alone.
    """
    sha, blind, cast, plain = hashlib.sha256(), hashlib.sha256(b"blind\n"), Cast(""), _plain_reader(rules)
    begin, previous, tail = "\n", "", _TAIL.fullmatch  # no line begins so
    if rules.weight == 1:
        cast.weighted = cast.single
    pile, count, more = None, 0, 0  # of the choices at hand: ballots, and what they weigh above one each
    for number, line in enumerate(lines, 1):
        if not line.startswith(begin):
            cast.add(pile, count, more)
            begin, text = _begin(line, number)
            pile, count, more = plain(text) or _closely(rules, text), 0, 0
        match = tail(line, len(begin))
        if match is None:
            raise Malformed(f"line {number} of the ballots is not a ballot in canonical form")
        if line < previous:
            raise Malformed(f"line {number} of the ballots is not in its place: they are sorted")
        said = line.encode()
        sha.update(said)
        blind.update(said)
        previous = line
        count += 1
        if match[1] != "1":
            more += int(match[1]) - 1
            if int(match[1]) > rules.weight:
                raise Malformed("a ballot is not sorted, or weighs too much")
    cast.add(pile, count, more)
    cast.digest, cast.blind = sha.hexdigest(), blind.hexdigest()
    return cast


def _begin(line: str, number: int) -> tuple[str, str]:
    """How a line begins, up to its code, and its choices."""
    end = line.find(_CODE, len(_CHOICES))
    if end < 0 or not line.startswith(_CHOICES):
        raise Malformed(f"line {number} of the ballots is not a ballot in canonical form")
    return line[: end + len(_CODE)], line[len(_CHOICES) : end]


def _closely(rules: Configuration, text: str) -> Any:
    """The pile of any choices, once they are found valid and in their one spelling."""
    choices = read_json(text, "a ballot")
    if tidy(rules, choices) != choices:
        raise Malformed("a ballot is not sorted, or weighs too much")
    return pile_of(choices) if choices else ()


def _plain_reader(rules: Configuration) -> Callable[[str], Any]:
    """Reads choices in which each topic stands alone, without "none of these"; answers None for all others."""
    begin, between, end = _PLAIN.get(rules.ballot, ("-", "-", "-"))
    is_ranking, most, first, last = rules.ballot == "ranking", rules.most or len(rules.choices), len(begin), -len(end)
    entries = {topic: (topic,) if is_ranking else (topic, 1) for topic in rules.choices if topic != NONE}

    def read(text: str) -> Any:
        topics = text[first:last].split(between)
        if len(topics) > most or len(set(topics)) != len(topics) or not text.startswith(begin):
            return None
        try:
            pile = tuple([entries[topic] for topic in topics])
        except KeyError:
            return None
        return pile if text.endswith(end) and (is_ranking or topics == sorted(topics)) else None

    return read


def pile_of(choices: Any) -> Any:
    """The key under which equal ballots are counted together."""
    if isinstance(choices, dict):
        return tuple(sorted(choices.items()))
    if all(isinstance(choice, str) for choice in choices):
        return tuple((topic, 1) for topic in choices)
    return tuple(tuple(group) for group in choices)


def named(pile: Any, ranked: bool) -> Iterator[str]:
    """The topics on a ballot of this pile."""
    return chain.from_iterable(pile) if ranked else (topic for topic, _ in pile)


def only(piles: Piles, topics: Iterable[str], ranked: bool) -> Counter[Any]:
    """The same ballots as if nothing but these topics were on them. Ballots that become empty stay, under ()."""
    kept, found = set(topics), Counter[Any]()
    for pile, count in piles.items():
        if ranked:
            groups = (tuple(topic for topic in group if topic in kept) for group in pile)
            found[tuple(group for group in groups if group)] += count
        else:
            found[tuple(pair for pair in pile if pair[0] in kept)] += count
    return found
