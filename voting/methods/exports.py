"""A round's ballots in the formats that other programs read: BLT, PrefLib (`.soi`, `.toi`, `.cat`) and Pabulib.

Equal ballots stand together and everything is sorted, so a file is the same whoever writes it. A ballot of weight 2 is
written as two. Blank ballots have no place in PrefLib and Pabulib and are left out there.
"""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from voting.methods.ballots import Cast, only
from voting.methods.configuration import NONE, Configuration
from voting.methods.counting import Closing


@dataclass
class Election:
    """What the formats can say. `names`: each choice's id and its name, in order; `piles` as `ballots` keeps them."""

    title: str
    names: dict[str, str]
    piles: Counter[Any]
    kind: str  # ranking, approval or points
    slots: int | None = None
    budget: int | None = None
    costs: dict[str, int] = field(default_factory=dict)
    withdrawn: tuple[str, ...] = ()


def as_election(rules: Configuration, closing: Closing, cast: Cast) -> Election:
    """The round as these formats know one: the weighted ballots, "none of these" as one more choice."""
    names = {topic.id: topic.title for topic in rules.topics} | ({NONE: "None of these"} if rules.none else {})
    kind = "points" if rules.ballot == "quadratic" else rules.ballot
    piles = cast.weighted + Counter({(): cast.blank})
    return Election(rules.title, names, piles, kind, rules.slots, rules.budget, rules.costs, closing.withdrawn)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', "'") + '"'


def _numbers(election: Election) -> dict[str, int]:
    return {key: number for number, key in enumerate(election.names, 1)}


def blt(election: Election) -> str:
    """Rankings for OpenSTV and its relatives. Withdrawn topics have a negative number; equal ranks are joined by =."""
    at = _numbers(election)
    lines = [f"{len(at)} {election.slots or 1}"]
    if election.withdrawn:
        lines.append(" ".join(str(-at[key]) for key in election.withdrawn))
    for pile, count in sorted(election.piles.items()):
        lines.append(" ".join([str(count), *("=".join(str(at[key]) for key in group) for group in pile), "0"]))
    lines += ["0", *(_quoted(name) for name in election.names.values()), _quoted(election.title)]
    return "\n".join(lines) + "\n"


def _preflib_head(election: Election, kind: str, orders: int, categories: Sequence[str] = ()) -> list[str]:
    voters = sum(count for pile, count in election.piles.items() if pile)
    head = [
        f"# FILE NAME: ballots.{kind}", f"# TITLE: {election.title}", "# DESCRIPTION: without blank ballots",
        f"# DATA TYPE: {kind}", "# MODIFICATION TYPE: original", "# RELATES TO: ", "# RELATED FILES: ",
        "# PUBLICATION DATE: ", "# MODIFICATION DATE: ", f"# NUMBER ALTERNATIVES: {len(election.names)}",
        f"# NUMBER VOTERS: {voters}",
    ]  # fmt: skip
    if categories:
        head += [f"# NUMBER UNIQUE PREFERENCES: {orders}", f"# NUMBER CATEGORIES: {len(categories)}"]
        head += [f"# CATEGORY NAME {number}: {name}" for number, name in enumerate(categories, 1)]
    else:
        head.append(f"# NUMBER UNIQUE ORDERS: {orders}")
    return head + [f"# ALTERNATIVE NAME {number}: {name}" for number, name in enumerate(election.names.values(), 1)]


def _most_first(rows: list[tuple[int, str]]) -> list[str]:
    return [f"{count}: {text}" for count, text in sorted(rows, key=lambda row: (-row[0], row[1]))]


def preflib_orders(election: Election) -> tuple[str, str]:
    """Rankings, and the ending of the file's name: `soi` for strict orders, `toi` where equal ranks occur."""
    at, rows = _numbers(election), []
    for pile, count in election.piles.items():
        if pile:
            groups = [",".join(str(at[key]) for key in group) for group in pile]
            rows.append((count, ",".join(f"{{{text}}}" if "," in text else text for text in groups)))
    kind = "toi" if any("{" in text for _, text in rows) else "soi"
    return "\n".join(_preflib_head(election, kind, len(rows)) + _most_first(rows)) + "\n", kind


def preflib_categories(election: Election) -> str:
    """Approvals in two categories: approved, and not."""
    at, rows = _numbers(election), []
    for pile, count in election.piles.items():
        if pile:
            approved = {key for key, _ in pile}
            yes = ",".join(str(number) for key, number in at.items() if key in approved)
            no = ",".join(str(number) for key, number in at.items() if key not in approved)
            rows.append((count, f"{{{yes}}},{{{no}}}"))
    head = _preflib_head(election, "cat", len(rows), ["Approved", "Not approved"])
    return "\n".join(head + _most_first(rows)) + "\n"


def pabulib(election: Election, rule: str) -> str:
    """Approvals or points. Left out: withdrawn topics, "none of these", and ballots that have nothing else."""
    projects = [key for key in election.names if key != NONE and key not in election.withdrawn]
    piles = only(election.piles, projects, ranked=False)
    votes = sum(count for pile, count in piles.items() if pile)
    budget = election.budget if election.budget is not None else election.slots
    vote_type = "approval" if election.kind == "approval" else "scoring"
    out = io.StringIO()
    write = csv.writer(out, delimiter=";", lineterminator="\n").writerow
    for row in (
        ("META",), ("key", "value"), ("description", election.title), ("country", "-"), ("unit", "-"),
        ("instance", election.title), ("num_projects", len(projects)), ("num_votes", votes), ("budget", budget),
        ("vote_type", vote_type), ("rule", rule), ("PROJECTS",), ("project_id", "cost", "name"),
    ):  # fmt: skip
        write(row)
    for key in projects:
        write((key, election.costs.get(key, 1), election.names[key]))
    write(("VOTES",))
    write(("voter_id", "vote", "points") if vote_type == "scoring" else ("voter_id", "vote"))
    voter = 0
    for pile, count in sorted(piles.items()):
        chosen, points = ",".join(key for key, _ in pile), ",".join(str(of) for _, of in pile)
        for _ in range(count if pile else 0):
            voter += 1
            write((voter, chosen, points) if vote_type == "scoring" else (voter, chosen))
    return out.getvalue()


def exports(rules: Configuration, closing: Closing, cast: Cast) -> dict[str, str]:
    """All files of these formats that suit the round, by name."""
    election = as_election(rules, closing, cast)
    if election.kind == "ranking":
        orders, kind = preflib_orders(election)
        return {"ballots.blt": blt(election), f"ballots.{kind}": orders}
    rule = "equalshares" if rules.method == "equal_shares" else "greedy"
    found = {"ballots.pb": pabulib(election, rule)}
    if election.kind == "approval":
        found["ballots.cat"] = preflib_categories(election)
    return found
