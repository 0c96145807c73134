"""Reads ballots that others wrote: BLT, PrefLib and Pabulib. What cannot be read is refused with its line."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from voting.methods.canonical import Malformed
from voting.methods.exports import Election

_TOKEN = re.compile(r'"((?:[^"]|"")*)"|([^\s"]+)')


def _whole(text: str, where: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,9}", text, re.ASCII):
        raise Malformed(f"{where}: {text[:40]} is not a number")
    return int(text)


def _key(text: str, names: dict[str, str], where: str) -> str:
    if text.strip() not in names:
        raise Malformed(f"{where}: there is no choice {text.strip()[:40]}")
    return text.strip()


def _pile(groups: list[list[str]], where: str) -> Any:
    listed = [key for group in groups for key in group]
    if len(set(listed)) != len(listed):
        raise Malformed(f"{where}: a choice stands twice on one ballot")
    return tuple(tuple(sorted(group)) for group in groups)


def _content(text: str) -> Iterator[tuple[str, str]]:
    """Lines with something on them, comments cut off, each with how a refusal names it."""
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        said = line.strip() if '"' in line else line.partition("#")[0].strip()
        if said:
            yield f"line {number}", said


def read_blt(text: str) -> Election:
    """Choices get the ids `1`, `2` and so on. Ballots' own ids in parentheses are skipped. Raises Malformed."""
    lines = _content(text)
    where, first = next(lines, ("line 1", ""))
    head = first.split()
    if len(head) != 2:
        raise Malformed(f"{where}: a BLT file begins with the numbers of choices and of seats")
    choices, seats = (_whole(word, where) for word in head)
    if not 1 <= choices <= 1000 or seats < 1:
        raise Malformed(f"{where}: there must be from 1 to 1000 choices, and a seat")
    names = {str(number): "" for number in range(1, choices + 1)}
    withdrawn, piles = list[str](), Counter[Any]()
    for where, line in lines:
        words = [word for word in line.split() if not word.startswith("(")]
        if words == ["0"]:
            break
        if words[0].startswith("-"):
            withdrawn += [_key(word[1:], names, where) for word in words]
        elif words[-1] != "0":
            raise Malformed(f"{where}: a ballot ends with 0")
        else:
            groups = [[_key(one, names, where) for one in word.split("=")] for word in words[1:-1] if word != "-"]
            piles[_pile(groups, where)] += _whole(words[0], where)
    else:
        raise Malformed("the ballots of a BLT file end with a line of 0")
    texts = [_unquoted(line) for _, line in lines]
    if len(texts) < choices:
        raise Malformed(f"there are {choices} choices, but {len(texts)} names")
    named = dict(zip(names, texts, strict=False))
    title = texts[choices] if len(texts) > choices else ""
    return Election(title, named, piles, "ranking", seats, withdrawn=tuple(withdrawn))


def _unquoted(line: str) -> str:
    match = _TOKEN.match(line)
    return match[1].replace('""', '"') if match and match[1] is not None else line


def read_preflib(text: str) -> Election:
    """`.soc`, `.soi`, `.toc`, `.toi`, and `.cat` with the approved ones in the first category. Raises Malformed."""
    facts: dict[str, str] = {}
    names: dict[str, str] = {}
    piles = Counter[Any]()
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        where = f"line {number}"
        if line.startswith("#"):
            key, _, value = line[1:].partition(":")
            facts[key.strip()] = value.strip()
            if key.strip().startswith("ALTERNATIVE NAME "):
                names[key.split()[-1]] = value.strip()
        elif line.strip():
            count, _, order = line.partition(":")
            approval = facts.get("DATA TYPE") == "cat"
            groups = _groups(order, names, where)
            pile = tuple((key, 1) for key in groups[0]) if approval and groups else _pile(groups, where)
            piles[pile] += _whole(count.strip(), where)
    if not names:
        raise Malformed("a PrefLib file names its alternatives")
    kind = "approval" if facts.get("DATA TYPE") == "cat" else "ranking"
    return Election(facts.get("TITLE", ""), names, piles, kind)


def _groups(order: str, names: dict[str, str], where: str) -> list[list[str]]:
    """`1,{2,3}` as groups of ids."""
    if not re.fullmatch(r"\s*(?:(?:\{[\d,\s]*\}|\d+)\s*(?:,\s*|$))*", order, re.ASCII):
        raise Malformed(f"{where} is not an order of choices")
    parts = re.findall(r"\{[^}]*\}|\d+", order)
    return [[_key(one, names, where) for one in part.strip("{}").split(",") if one.strip()] for part in parts]


def read_pabulib(text: str) -> Election:
    """Approval, scoring and cumulative votes. Raises Malformed."""
    sections: dict[str, list[list[str]]] = {}
    for row in csv.reader(text.lstrip("\ufeff").splitlines(), delimiter=";"):
        if row and row[0].strip() in {"META", "PROJECTS", "VOTES"}:
            sections[row[0].strip()] = []
        elif row and sections:
            list(sections.values())[-1].append(row)
    if set(sections) != {"META", "PROJECTS", "VOTES"} or not all(sections.values()):
        raise Malformed("a Pabulib file has the parts META, PROJECTS and VOTES")
    meta = {row[0].strip(): row[1].strip() for row in sections["META"] if len(row) > 1}
    projects, votes = _records(sections["PROJECTS"], "PROJECTS"), _records(sections["VOTES"], "VOTES")
    names = {row["project_id"]: row.get("name", "") for row in projects}
    costs = {row["project_id"]: _whole(row.get("cost", ""), "PROJECTS") for row in projects}
    piles = Counter[Any]()
    for number, vote in enumerate(votes, 1):
        where = f"vote {number}"
        keys = [_key(key, names, where) for key in vote.get("vote", "").split(",") if key]
        said = [of for of in vote.get("points", "").split(",") if of]
        points = [_whole(of, where) for of in said] if said else [1] * len(keys)
        if len(points) != len(keys) or len(set(keys)) != len(keys):
            raise Malformed(f"{where}: each choice stands once, and has its points")
        piles[tuple(sorted((key, of) for key, of in zip(keys, points, strict=True) if of > 0))] += 1
    kind = "approval" if meta.get("vote_type") == "approval" else "points"
    budget = _whole(meta.get("budget", "").split(",")[0], "META")
    return Election(meta.get("description", ""), names, piles, kind, budget=budget, costs=costs)


def _records(rows: list[list[str]], what: str) -> list[dict[str, str]]:
    head = [name.strip() for name in rows[0]]
    needed = "project_id" if what == "PROJECTS" else "vote"
    if needed not in head:
        raise Malformed(f"{what} has no column {needed}")
    return [dict(zip(head, (cell.strip() for cell in row), strict=False)) for row in rows[1:] if len(row) >= len(head)]
