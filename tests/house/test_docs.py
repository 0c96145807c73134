"""The documents say what the code does."""

import re

from config import books as proof
from payments.invariants import INVARIANTS, STATEMENTS
from payments.models.donation import MOVES
from tests.house.tree import ROOT
from voting import topics
from voting.invariants import INVARIANTS as ROUNDS


def test_ledger_page_shows_every_check_with_its_statement() -> None:
    page = (ROOT / "docs/ledger.md").read_text()
    shown = {name: sql.strip() for name, sql in re.findall(r"### `([a-z_.]+)`.*?```sql\n(.*?)```", page, re.S)}
    assert shown == {name: sql.strip() for name, (_, sql) in STATEMENTS.items()}
    assert all(f"`{name}`" in page for name in INVARIANTS)
    assert len(INVARIANTS) >= 15


def test_states_page_shows_the_moves_of_a_donation() -> None:
    page = (ROOT / "docs/states.md").read_text().split("## Membership")[0]
    rows = re.findall(r"^\| `(\w+)` \| .+? \| (.+) \|$", page, re.M)
    assert {state: set(re.findall(r"`(\w+)`", to)) for state, to in rows} == {str(k): v for k, v in MOVES.items()}


def test_states_page_shows_the_moves_of_a_topic() -> None:
    page = (ROOT / "docs/states.md").read_text().split("## Topic")[1].split("## Event")[0]
    rows = re.findall(r"^\| `(\w+)` \| .+? \| (.+) \|$", page, re.M)
    assert {state: set(re.findall(r"`(\w+)`", to)) for state, to in rows} == {
        str(k): v for k, v in topics.MOVES.items()
    }


def test_ballots_page_shows_every_check_of_rounds() -> None:
    page = (ROOT / "docs/ballots.md").read_text()
    shown = re.findall(r"^\| `(voting\.[a-z_]+)` \|", page, re.M)
    assert shown == list(ROUNDS)


def test_every_room_that_declares_invariants_is_asked(db: None) -> None:
    found = {check["id"] for check in proof.prove()["checks"]}
    assert {"audit.chain", "letters.delivered", *INVARIANTS, *ROUNDS} <= found
