"""A counted round in tables, each with its picture: topics, rounds, how each place was paid for, pairs of topics."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from public.result_wording import Words
from voting import pictures
from voting.pictures import Stage


@dataclass(frozen=True)
class Line:
    """A topic in the first table. `value` and `picture` are empty where totals are not published."""

    number: int
    title: str
    is_chosen: bool
    value: str
    picture: SafeString | str
    reason: str
    cost: str
    reserve: str


def measure(words: Words) -> str:
    """What the first table counts, for the head of its column."""
    if words.rules.ballot in {"points", "quadratic"}:
        return _("Points")
    return _("First preferences") if words.rules.ballot == "ranking" else _("Approvals")


def topics(words: Words) -> list[Line]:
    """The chosen ones in their order, then the others from the most votes down."""
    totals, chosen = words.totals, words.count["chosen"]
    votes: Mapping[str, int] = totals.get("points") or totals.get("first") or totals.get("support") or {}
    most = max(votes.values(), default=0)
    rest = sorted(
        (choice for choice in words.rules.choices if choice not in chosen),
        key=lambda choice: (-votes.get(choice, 0), words.numbers[choice]),
    )
    reserve = {topic: place for place, topic in enumerate(words.count.get("reserve", []), 1)}
    return [
        Line(
            number=words.numbers[choice],
            title=words.title(choice),
            is_chosen=choice in chosen,
            value=words.number(votes[choice]) if choice in votes else "",
            picture=pictures.bar(votes[choice], most, is_chosen=choice in chosen) if choice in votes else "",
            reason=words.reason(choice),
            cost=words.number(words.rules.costs[choice]) if words.rules.budget and choice in chosen else "",
            reserve=words.number(reserve[choice]) if choice in reserve else "",
        )
        for choice in [*chosen, *rest]
    ]


@dataclass(frozen=True)
class Rounds:
    """A count in rounds: `rows` hold a topic's number, title, and per round its votes and what becomes of it there."""

    picture: SafeString
    heads: list[str]
    rows: list[tuple[int, str, list[tuple[str, str]]]]
    spent: list[str]
    notes: list[str]
    quota: str


def rounds(words: Words) -> Rounds | None:
    """IRV and STV."""
    steps = words.count.get("steps", [])
    if words.rules.method not in {"irv", "stv"} or not steps:
        return None
    stages = [_stage(step, steps[at - 1] if at else None) for at, step in enumerate(steps)]
    named = [choice for choice in words.numbers if choice in stages[0].tallies]
    out = {step["out"]: at for at, step in enumerate(steps) if "out" in step}
    out |= {step["topic"]: at for at, step in enumerate(steps) if step["kind"] == "exclusion"}
    elected = {topic: at for at, step in enumerate(steps) for topic in step.get("elected", [])}
    if words.rules.method == "irv":
        elected = dict.fromkeys(words.count["chosen"], len(steps) - 1)
    rows = []
    for choice in named:
        cells = []
        for at, stage in enumerate(stages):
            gone = choice in out and out[choice] <= at
            said = "" if gone else words.number(stage.tallies.get(choice, 0), 5)
            mark = "elected" if elected.get(choice) == at else "out" if out.get(choice) == at + 1 else ""
            cells.append((said, mark))
        rows.append((words.numbers[choice], words.title(choice), cells))
    numbers = {choice: words.numbers[choice] for choice in named}
    return Rounds(
        picture=pictures.rounds(
            stages, numbers, _("Votes from round to round, the first on top; the table says the same.")
        ),
        heads=[words.number(step["step"]) for step in steps],
        rows=rows,
        spent=[words.number(stage.spent, 5) for stage in stages],
        notes=[note for step in steps if (note := _note(words, step))],
        quota=words.number(steps[0]["quota"]) if "quota" in steps[0] else "",
    )


def _stage(step: Mapping[str, Any], before: Mapping[str, Any] | None) -> Stage:
    """A step of the trace as the picture wants it."""
    tallies = {topic: Fraction(votes) for topic, votes in step["tallies"].items()}
    spent = Fraction(step["exhausted"]) + Fraction(step.get("lost", 0))
    source = step.get("out") or step.get("topic")
    if before is None or not source:
        return Stage(tallies, spent)
    if isinstance(step["transfers"], dict):
        moves = [(source, to, Fraction(votes)) for to, votes in step["transfers"].items()]
    else:
        moves = [(source, move["to"], Fraction(move["votes"])) for move in step["transfers"] if move["to"]]
    gone = spent - Fraction(before["exhausted"]) - Fraction(before.get("lost", 0))
    return Stage(tallies, spent, [*moves, (source, None, gone)])


def _note(words: Words, step: Mapping[str, Any]) -> str:
    """What happened on the way to this round."""
    said = {"round": words.number(step["step"])}
    if step["kind"] == "surplus":
        said |= {"topic": words.quoted(step["topic"]), "votes": words.number(step["surplus"], 5)}
        return _("Round %(round)s: what %(topic)s has above the quota, %(votes)s, is passed on.") % said
    if out := step.get("out") or step.get("topic"):
        said["topic"] = words.quoted(out)
        return _("Round %(round)s: %(topic)s is out; each of its ballots goes to the next topic on it.") % said
    return ""


@dataclass(frozen=True)
class Payment:
    """How one topic was paid for."""

    number: int
    title: str
    cost: str
    how: str
    picture: SafeString
    left: str


@dataclass(frozen=True)
class Shares:
    """Equal shares: what each voter had, and the payments in their order."""

    whole: str
    share: str
    voters: str
    payments: list[Payment]


def shares(words: Words) -> Shares | None:
    """Equal shares."""
    steps = [step for step in words.count.get("steps", []) if step["kind"] in {"purchase", "completion"}]
    if words.rules.method != "equal_shares" or not steps:
        return None
    first = steps[0]
    share = Fraction(first["payers"][0]["had"]) if first["kind"] == "purchase" else None
    return Shares(
        whole=words.number(words.rules.to_spend),
        share=words.number(share) if share else "",
        voters=words.number(int(Fraction(words.rules.to_spend) / share)) if share else "",
        payments=[_payment(words, step) for step in steps],
    )


def _payment(words: Words, step: Mapping[str, Any]) -> Payment:
    payers = step["payers"]
    voters, cost = sum(payer["voters"] for payer in payers), Fraction(step["cost"])
    said = {"voters": words.number(voters), "paid": words.number(Fraction(step.get("rate", 0)))}
    if step["kind"] == "completion":
        how = _("Nobody could pay alone any more. Its %(voters)s supporters were the first to have its cost together.")
        parts = [Fraction(payer["paid"]) * payer["voters"] for payer in payers]
        parts = [sum(parts, Fraction(0))]
    else:
        emptied = [payer for payer in payers if Fraction(payer["paid"]) < Fraction(step["rate"]) * payer["points"]]
        with_less = sum(Fraction(payer["paid"]) * payer["voters"] for payer in emptied)
        said["emptied"] = words.number(sum(payer["voters"] for payer in emptied))
        parts = [cost - with_less, Fraction(with_less)]
        if words.rules.ballot != "approval":
            how = _("Paid by %(voters)s, %(paid)s for each point; %(emptied)s of them gave all that they had left.")
        elif emptied:
            how = _("Paid by %(voters)s, %(paid)s each; %(emptied)s of them had less left and gave it all.")
        else:
            how = _("Paid by %(voters)s, %(paid)s each.")
    return Payment(
        number=words.numbers[step["topic"]],
        title=words.title(step["topic"]),
        cost=words.number(step["cost"]),
        how=how % said,
        picture=pictures.parts(parts, cost),
        left=words.number(step["left"]),
    )


@dataclass(frozen=True)
class Coverage:
    """How many voters have a chosen topic, and how many such topics one has on average."""

    reached: str
    voters: str
    percent: str
    each: str
    picture: SafeString


def coverage(words: Words, said: Mapping[str, Any]) -> Coverage | None:
    """From the part of the result with this name; None where nobody named a topic."""
    if not said["voters"]:
        return None
    return Coverage(
        reached=words.number(said["with_a_topic"]),
        voters=words.number(said["voters"]),
        percent=words.percent(said["with_a_topic"], said["voters"]),
        each=words.number(Fraction(said["topics_each"]), 2),
        picture=pictures.bar(said["with_a_topic"], said["voters"], is_chosen=True),
    )


@dataclass(frozen=True)
class Duels:
    """One against another. A cell: how many prefer the row's topic to the column's, and `won`, `lost` or `level`."""

    heads: list[tuple[int, str]]
    rows: list[tuple[int, str, list[tuple[str, str] | None]]]


def duels(words: Words) -> Duels | None:
    """The matrix of rankings."""
    matrix = words.totals.get("pairwise")
    if not matrix or len(matrix) < 2:
        return None
    order = sorted(matrix, key=words.numbers.__getitem__)
    heads = [(words.numbers[choice], words.title(choice)) for choice in order]
    rows = []
    for choice in order:
        cells: list[tuple[str, str] | None] = []
        for other in order:
            if other == choice:
                cells.append(None)
                continue
            had, against = matrix[choice][other], matrix[other][choice]
            cells.append((words.number(had), "won" if had > against else "lost" if had < against else "level"))
        rows.append((words.numbers[choice], words.title(choice), cells))
    return Duels(heads, rows)
