"""The style sheets: safe in scripts that run from the right, still for those who want no motion, and printable."""

import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT

SHEETS = sorted((ROOT / "static/css").glob("*.css"))
# A side by its name, instead of the start or the end of a line; and a shorthand whose left and right differ.
SIDES = re.compile(
    r"[\s;{](?:(?:margin|padding|border|scroll-margin|scroll-padding|inset)(?:-\w+)?-(?:left|right)(?:-\w+)*|left|right"
    r"|border-(?:top|bottom)-(?:left|right)-radius)\s*:"
    r"|[\s;{](?:text-align|float|clear)\s*:\s*(?:left|right)"
)
FOUR = re.compile(r"[\s;{](?:margin|padding|inset|border-width)\s*:\s*([^;{}]+)")
MOVES = re.compile(r"[\s;{](?:transition|animation)(?:-\w+)?\s*:|@keyframes|scroll-behavior\s*:\s*smooth")


def plain(sheet: str) -> str:
    return re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)


def sided(sheet: str) -> list[str]:
    """Declarations that would stand on the wrong side where text runs from the right."""
    shorthands = [(rule, re.findall(r"(?:[^\s(]|\([^)]*\))+", rule)) for rule in FOUR.findall(sheet)]
    return SIDES.findall(sheet) + [rule for rule, parts in shorthands if len(parts) == 4 and parts[1] != parts[3]]


def without_still(sheet: str) -> str:
    """The sheet without what holds only for those who do not mind motion."""
    begin = "@media (prefers-reduced-motion: no-preference)"
    while (at := sheet.find(begin)) >= 0:
        end, depth = sheet.index("{", at) + 1, 1
        while depth:
            depth += {"{": 1, "}": -1}.get(sheet[end], 0)
            end += 1
        sheet = sheet[:at] + sheet[end:]
    return sheet


def test_there_are_sheets() -> None:
    assert len(SHEETS) > 1


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_nothing_is_bound_to_the_left_or_the_right(path: Path) -> None:
    assert sided(plain(path.read_text())) == []


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_nothing_moves_for_those_who_want_it_still(path: Path) -> None:
    assert MOVES.findall(without_still(plain(path.read_text()))) == []


@pytest.mark.parametrize(
    "rule",
    [
        "a { margin-left: 1px }",
        "a{right:0}",
        "a { text-align: left; }",
        "a { padding: 0 1px 0 2px; }",
        "a { inset: 0 auto 0 0 }",
    ],
)
def test_control_a_side_is_seen(rule: str) -> None:
    assert sided(rule)
    assert not sided("a { margin-inline-start: 1px; padding: 0 1px 0 1px; inset: 0; text-align: start }")


def test_control_a_motion_is_seen() -> None:
    sheet = "a { transition: color 1s } @media (prefers-reduced-motion: no-preference) { b { animation: x 1s; } } c { }"
    assert MOVES.findall(without_still(sheet)) == [" transition:"]


def test_print_has_ink_on_paper_and_nothing_to_press() -> None:
    sheet = plain((ROOT / "static/css/hromada.css").read_text())
    paper = sheet[sheet.index("@media print") :]
    assert "--paper: #fff" in paper
    assert re.search(r"button[^{]*\{ display: none", paper)
