"""One place decides what name of a person anybody sees."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import ROOT, files, shown

ROOMS = {"public", "portal", "reports", "people", "payments", "voting", "asks", "members", "letters"}
PEOPLE = {"patron", "author", "buyer", "giver", "member", "person", "user", "voter", "recipient", "friend"}
# The deciding modules, what hands a person their own data or wipes it, and what compares names and shows none.
MAY_READ = {"members/names.py", "payments/names.py", "payments/privacy.py", "people/duplicates.py", "people/erasure.py"}


def code() -> Iterator[tuple[Path, ast.AST]]:
    for path in files(".py"):
        if path.relative_to(ROOT).parts[0] in ROOMS and "migrations" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text())):
                yield path, node


def is_of_a_person(node: ast.AST) -> bool:
    """`patron.name`, `row.author.name` and the like."""
    if not (isinstance(node, ast.Attribute) and node.attr == "name"):
        return False
    whose = node.value
    return (isinstance(whose, ast.Name) and whose.id in PEOPLE) or (
        isinstance(whose, ast.Attribute) and whose.attr in PEOPLE
    )


def test_no_other_module_and_no_template_reads_a_persons_name() -> None:
    found = {shown(path) for path, node in code() if is_of_a_person(node)}
    assert found <= MAY_READ, found - MAY_READ
    pattern = re.compile(rf"\b(?:{'|'.join(sorted(PEOPLE))})\.name\b")
    assert [shown(path) for path in files(".html", ".txt") if pattern.search(path.read_text())] == []


def test_every_greeting_is_decided_there() -> None:
    greetings = [
        (shown(path), value)
        for path, node in code()
        if isinstance(node, ast.Dict) and shown(path) != "letters/occasions.py"
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and key.value == "greeting"
    ]
    assert len(greetings) >= 6
    for where, value in greetings:
        assert isinstance(value, ast.Call), where
        assert ast.unparse(value.func).split(".")[-1] == "greeting", where
