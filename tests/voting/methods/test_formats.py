"""BLT, PrefLib and Pabulib: written as others read them, read as others write them."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.voting.methods.elections import approved, cast, closing, ranked, rules
from tests.voting.methods.test_against_models import approvals, scores, weak_orders
from voting.methods import exports, imports
from voting.methods.canonical import Malformed
from voting.methods.exports import Election, as_election
from voting.methods.imports import read_blt, read_pabulib, read_preflib
from voting.methods.stv import count_stv
from voting.methods.ties import Ties

# The sample of OpenSTV's format page: a withdrawn choice, weights, names in quotes.
BLT = """4 2          # four choices, two seats
-2           # the second withdrew
3 1 3 4 0
4 1 3 2 0
2 4 1 3 0
1 2 0
2 2 4 3 1 0
1 3 4 2 0
0            # end of ballots
"Adam"
"Basil"
"Charlotte"
"Donald"
"Gardening Club Election"
"""


def test_known_blt_is_read() -> None:
    found = read_blt(BLT)
    assert (found.title, found.slots, found.withdrawn) == ("Gardening Club Election", 2, ("2",))
    assert found.names == {"1": "Adam", "2": "Basil", "3": "Charlotte", "4": "Donald"}
    assert found.piles[("1",), ("3",), ("4",)] == 3
    assert sum(found.piles.values()) == 13


def test_blt_of_scottish_councils_is_read() -> None:
    """Quotes doubled inside names, the title bare."""
    text = '2 1\n3 1 2 0\n1 2=1 0\n2 0\n0\n"Ann ""Labour"""\n"Bob ""Independent"""\nWard 6 - Elgin City North\n'
    found = read_blt(text)
    assert found.names == {"1": 'Ann "Labour"', "2": 'Bob "Independent"'}
    assert found.title == "Ward 6 - Elgin City North"
    assert found.piles == {(("1",), ("2",)): 3, (("1", "2"),): 1, (): 2}


def test_withdrawn_choice_of_a_blt_is_skipped() -> None:
    found = read_blt(BLT)
    left = Counter[Any]()
    for pile, number in found.piles.items():
        left[tuple(group for group in pile if group != ("2",))] += number
    counted = count_stv(["1", "3", "4"], left, 2, Ties("", ""))
    assert counted.chosen == ["1", "4"]
    assert counted.steps[0]["tallies"] == {"1": "7.00000", "3": "1.00000", "4": "4.00000"}


def numbered(election: Election) -> Counter[Any]:
    """The piles with numbers for ids, as BLT and PrefLib know them."""
    at = {key: str(number) for number, key in enumerate(election.names, 1)}
    if election.kind == "ranking":
        return Counter({tuple(tuple(sorted(at[k] for k in g)) for g in p): n for p, n in election.piles.items() if n})
    return Counter({tuple((at[k], of) for k, of in p): n for p, n in election.piles.items() if n})


@given(st.lists(weak_orders() | st.just([]), max_size=12))
@settings(max_examples=50, deadline=None)
def test_rankings_come_back_from_blt_and_preflib(ballots: list[list[list[str]]]) -> None:
    of = rules("schulze", "abcde", none=True)
    all_cast = cast(of, ballots)
    election = as_election(of, closing(all_cast, withdrawn=("b",)), all_cast)
    back = read_blt(exports.blt(election))
    assert (back.piles, back.title, back.slots, back.withdrawn) == (numbered(election), "What next?", 1, ("2",))
    assert list(back.names.values()) == ["Topic a", "Topic b", "Topic c", "Topic d", "Topic e", "None of these"]
    text, kind = exports.preflib_orders(election)
    orders = read_preflib(text)
    assert orders.piles == Counter({pile: number for pile, number in back.piles.items() if pile})
    assert kind == ("toi" if any(len(group) > 1 for ballot in ballots for group in ballot) else "soi")


@given(approvals)
@settings(max_examples=50, deadline=None)
def test_approvals_come_back_from_preflib_and_pabulib(ballots: list[dict[str, int]]) -> None:
    of = rules("equal_shares", "abcde", budget=12, costs={"a": 5, "c": 7})
    all_cast = cast(of, [sorted(ballot) for ballot in ballots])
    election = as_election(of, closing(all_cast), all_cast)
    assert read_preflib(exports.preflib_categories(election)).piles == numbered(election)
    back = read_pabulib(exports.pabulib(election, "equalshares"))
    assert (back.piles, back.budget, back.kind) == (all_cast.single, 12, "approval")
    assert back.costs == {"a": 5, "b": 1, "c": 7, "d": 1, "e": 1}


@given(scores)
@settings(max_examples=50, deadline=None)
def test_points_come_back_from_pabulib(ballots: list[dict[str, int]]) -> None:
    of = rules("points", "abcde", total=25)
    all_cast = cast(of, ballots)
    back = read_pabulib(exports.pabulib(as_election(of, closing(all_cast), all_cast), "greedy"))
    assert (back.piles, back.kind) == (all_cast.single, "points")


def test_pabulib_leaves_out_what_it_cannot_say() -> None:
    of = rules("approval", "abc", slots=2, none=True, weight=2)
    all_cast = cast(of, [["a", "b"], ["b"], ["none"], [], ["c"]], [2, 1, 1, 1, 1])
    text = exports.pabulib(as_election(of, closing(all_cast, withdrawn=("b",)), all_cast), "greedy")
    assert text.splitlines()[-7:] == [
        "a;1;Topic a", "c;1;Topic c", "VOTES", "voter_id;vote", "1;a", "2;a", "3;c",
    ]  # fmt: skip
    assert "num_votes;3" in text


def test_files_are_the_same_whoever_writes_them() -> None:
    of = rules("stv", "abc", slots=2)
    ballots = ranked("3 abc", "2 ba", "1 c")
    one, other = cast(of, ballots), cast(of, ballots[::-1])
    assert exports.exports(of, closing(one), one) == exports.exports(of, closing(other), other)
    assert set(exports.exports(of, closing(one), one)) == {"ballots.blt", "ballots.soi"}
    of = rules("approval", "abc")
    one = cast(of, approved("2 ab"))
    assert set(exports.exports(of, closing(one), one)) == {"ballots.pb", "ballots.cat"}


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (read_blt, ""), (read_blt, "2\n"), (read_blt, "x 1\n"), (read_blt, "2 1\n1 3 0\n0\n"),
        (read_blt, "2 1\n1 1\n0\n"),
        (read_blt, "2 1\n1 1 1 0\n0\n"), (read_blt, "2 1\n1 1 0\n"), (read_blt, "2 1\n1 1 0\n0\n'A'\n"),
        (read_blt, "999999999 1\n0\n"), (read_blt, "2 1\n9999999999999 1 0\n0\n"),
        (read_preflib, ""), (read_preflib, "# ALTERNATIVE NAME 1: A\n1: 2\n"),
        (read_preflib, "# ALTERNATIVE NAME 1: A\nx: 1\n"), (read_preflib, "# ALTERNATIVE NAME 1: A\n1: {1\n"),
        (read_preflib, "# ALTERNATIVE NAME 1: A\n1: 1,1\n"),
        (read_pabulib, ""), (read_pabulib, "META\nkey;value\nPROJECTS\nVOTES\n"),
        (read_pabulib, "META\nbudget;1\nPROJECTS\nproject_id;cost\n1;x\nVOTES\nvoter_id;vote\n"),
        (read_pabulib, "META\nbudget;1\nPROJECTS\nproject_id;cost\n1;1\nVOTES\nvoter_id;vote\n1;2\n"),
        (read_pabulib, "META\nbudget;1\nPROJECTS\nproject_id;cost\n1;1\nVOTES\nvoter_id;vote;points\n1;1;1,2\n"),
        (read_pabulib, "META\nbudget;1\nPROJECTS\nid;cost\n1;1\nVOTES\nvoter_id;vote\n"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(read: Any, text: str) -> None:
    with pytest.raises(Malformed):
        read(text)


@given(st.text(max_size=200) | st.text('0123456789 -=\n"#;,:{}METAPROJECTSVOTES', max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (imports.read_blt, imports.read_preflib, imports.read_pabulib):
        try:
            found = read(text)
        except Malformed:
            continue
        assert found.names
