"""Equal shares beside abcvoting and pabutools: what they found, once, of eighty drawn elections (golden.json).

`committees` and `bought` hold every outcome that some way of breaking ties reaches. abcvoting completes by Phragmén as
the engine does; pabutools says what is bought before any completion, with costs and a budget.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.voting.methods.elections import counted, rules

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())
TOPICS = "abcdefgh"


def ballots(of: dict[str, Any]) -> list[list[str]]:
    return [list(ballot) for ballot in of["ballots"].split()]


@pytest.mark.parametrize("of", GOLDEN["slots"])
def test_slots_are_filled_as_by_abcvoting(of: dict[str, Any]) -> None:
    found = counted(rules("equal_shares", TOPICS, slots=of["slots"]), ballots(of))
    assert "".join(sorted(found["chosen"])) in of["committees"]


@pytest.mark.parametrize("of", GOLDEN["budgets"])
def test_a_budget_buys_what_it_buys_by_pabutools(of: dict[str, Any]) -> None:
    found = counted(rules("equal_shares", TOPICS, budget=of["budget"], costs=of["costs"]), ballots(of))
    assert "".join(sorted(step["topic"] for step in found["steps"] if step["kind"] == "purchase")) in of["bought"]


def test_most_of_them_have_one_outcome_only() -> None:
    single = [one for one in GOLDEN["slots"] + GOLDEN["budgets"] if len(one.get("committees", one.get("bought"))) == 1]
    assert len(single) > len(GOLDEN["slots"] + GOLDEN["budgets"]) / 2
