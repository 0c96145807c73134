"""An attacker with everything that is left after a close: tries to tell from it who cast which ballot.

Voters are put into every order that any table knows of (each column, `ctid`, `xmin`, `xmax`, of every row that names a
patron, straight or through a row in between) and into those in which logs saw them, ballots into every order of
theirs; each pair of orders, forwards and backwards, is a guess at whose is whose. Half of the voters have told the
attacker what they chose: the guess that is best for them is tried on the other half, and where it is no better than
always the winner, the winner is guessed.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import sqrt
from operator import eq
from typing import Any

from django.db import connection

from voting.methods.canonical import read_json

Row = dict[str, Any]
Dump = dict[str, list[Row]]


def dump() -> Dump:
    """Every row of every table, with where it lies and which transactions wrote it."""
    found: Dump = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(
                "SELECT (ctid::text::point)[0]::bigint * 10000 + (ctid::text::point)[1]::bigint AS at_ctid,"
                f' xmin::text::bigint AS at_xmin, xmax::text::bigint AS at_xmax, * FROM "{table}" ORDER BY ctid'
            )
            names = [column.name for column in cursor.description or ()]
            found[table] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return found


@dataclass
class Attack:
    """`truth`: what each patron chose, by id; the attacker is told that of `known` alone.

    `seen`: orders of voters from elsewhere than the database. One that does not name everybody is spread over the
    ballots, and whom it does not name the attacker takes for a voter of the winner.
    """

    dump: Dump
    truth: Mapping[int, str]
    known: set[int]
    seen: Mapping[str, Sequence[int]] = field(default_factory=dict)
    tried: int = 0

    def accuracy(self) -> tuple[str, float]:
        """The best way of guessing, and the share of the other half that it guesses."""
        others = set(self.truth) - self.known
        best, most, found = "always the winner", self._winners(self.known), self._winners(others)
        ballots, self.tried = dict(self._ballots()), 0
        for name, voters in self._voters():
            told = [self.truth[voter] if voter in self.known else None for voter in voters]
            untold = self._winners(self.known.difference(voters))
            for order, choices in ballots.items():
                spread = [choices[at * len(choices) // len(voters)] for at in range(len(voters))]
                for guess in (spread, spread[::-1]):
                    self.tried += 1
                    if (hits := sum(map(eq, guess, told)) + untold) > most:
                        best, most = f"{name} × {order}", hits
                        found = sum(
                            self.truth[voter] == one
                            for voter, one in zip(voters, guess, strict=True)
                            if voter in others
                        ) + self._winners(others.difference(voters))
        return best, found / len(others)

    @cached_property
    def _winner(self) -> str:
        return Counter(self.truth[voter] for voter in self.known).most_common(1)[0][0]

    def _winners(self, whose: Collection[int]) -> int:
        """How many of them are guessed by always guessing the winner."""
        return sum(self.truth[voter] == self._winner for voter in whose)

    def _ballots(self) -> Iterator[tuple[str, list[str]]]:
        rows = [row | read_json(row["line"], "a ballot") for row in self.dump["voting_ballot"]]
        for column in ("at_ctid", "at_xmin", "at_xmax", "id", "line", "code"):
            yield column, [row["choices"][0] for row in sorted(rows, key=lambda row: str_or_number(row[column]))]

    def _voters(self) -> Iterator[tuple[str, list[int]]]:
        """Every order of those who voted, or of some of them."""
        yield from ((name, list(order)) for name, order in self.seen.items() if order)
        through = self._through()
        for table, rows in self.dump.items():
            for link in {name for row in rows[:1] for name in row}:
                named = [(row, whose) for row in rows if (whose := through(table, link, row)) in self.truth]
                if not named:
                    continue
                for column in named[0][0]:
                    last = {whose: str_or_number(row[column]) for row, whose in named}
                    yield f"{table}.{column}", sorted(last, key=lambda whose: last[whose])

    def _through(self) -> Any:
        """Tells whose a row is by one of its columns: a patron's id, or that of a row that names one."""
        owners: dict[str, dict[Any, int]] = {
            "patron": {row["id"]: row["id"] for row in self.dump.get("members_patron", [])}
        }
        for table in ("voting_rollentry", "members_membership", "letters_letter"):
            key = table.split("_")[1]
            owners[key] = {row["id"]: row["patron_id"] for row in self.dump.get(table, []) if row.get("patron_id")}

        def whose(table: str, link: str, row: Row) -> int | None:
            if table == "members_patron" and link == "id":
                return int(row["id"])
            if not link.endswith("_id") or isinstance(row[link], list | dict):
                return None
            return owners.get(link.removesuffix("_id"), {}).get(row[link])

        return whose


def marks(found: Dump) -> set[str]:
    """The codes and the ids of the sealed ballots."""
    rows = found["voting_ballot"]
    return {str(row["id"]) for row in rows} | {read_json(row["line"], "a ballot")["code"] for row in rows}


def elsewhere(found: Dump) -> list[str]:
    """Tables, but for that of the sealed ballots, in which a ballot's code or id stands."""
    theirs = marks(found)
    like = re.compile(r"[A-Z2-7]{16}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
    return sorted(
        table
        for table, rows in found.items()
        if table != "voting_ballot" and any(theirs.intersection(like.findall(str(row))) for row in rows)
    )


def str_or_number(value: Any) -> tuple[int, float, str]:
    """Something to sort any value by."""
    if isinstance(value, int | float):
        return (0, float(value), "")
    return (1, 0.0, str(value))


def interval(truth: Mapping[int, str], whose: Sequence[int]) -> tuple[float, float]:
    """Where 95 of 100 shares lie that come of always guessing the winner."""
    share = Counter(truth[voter] for voter in whose).most_common(1)[0][1] / len(whose)
    width = 1.96 * sqrt(share * (1 - share) / len(whose))
    return share - width, share + width
