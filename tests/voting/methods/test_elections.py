"""Elections whose outcome was published or can be counted by hand. The source of each stands beside it."""

import pytest

from tests.voting.methods.elections import approved, chosen, counted, ranked, result, rules, tallies
from voting.methods.canonical import seed_commitment

# Wikipedia, "Instant-runoff voting" and "Schulze method": where should the capital of Tennessee be?
TENNESSEE = ranked("42 mnck", "26 nckm", "15 cknm", "17 kcnm")
# Wikipedia, "Schulze method", 45 ballots.
FORTY_FIVE = ranked("5 acbed", "5 adecb", "8 bedac", "3 cabed", "7 caebd", "2 cbade", "7 dceba", "8 ebadc")
# M. Schulze, arXiv:1804.02973, example 1; the fourth place is implied.
TWENTY_ONE = ranked("8 acd", "2 bad", "4 cdb", "4 dba", "3 dcb")
# M. Schulze, arXiv:1804.02973, a situation with two potential winners.
TWO_WINNERS = ranked("3 abc", "2 dab", "2 dbc", "2 cbd")
CYCLE = ranked("1 abc", "1 bca", "1 cab")
SQUEEZE = ranked("36 lcr", "15 clr", "15 crl", "34 rcl")
# fr.wikipedia, "Vote alternatif".
FRENCH = ranked("42 abcd", "26 bcda", "15 cdba", "17 dcba")


@pytest.mark.parametrize(
    ("method", "ballots", "winner"),
    [
        ("irv", TENNESSEE, "k"), ("schulze", TENNESSEE, "n"), ("stv", TENNESSEE, "k"),
        ("schulze", FORTY_FIVE, "e"),
        ("schulze", TWENTY_ONE, "d"),
        ("irv", TWO_WINNERS, "d"),
        ("irv", SQUEEZE, "l"), ("schulze", SQUEEZE, "c"),
        ("irv", FRENCH, "d"), ("schulze", FRENCH, "b"),
        ("irv", ranked("60 abc", "40 bca"), "a"), ("schulze", ranked("60 abc", "40 bca"), "a"),
        ("irv", ranked("40 a", "35 b", "25 c"), "a"),
    ],
)  # fmt: skip
def test_published_winner(method: str, ballots: list[object], winner: str) -> None:
    topics = sorted({group[0] for ballot in ballots for group in ballot})  # type: ignore[attr-defined]
    found = counted(rules(method, topics), ballots)
    assert found["chosen"] == [winner]
    assert found["ties"] == []


def test_schulze_order_of_the_forty_five() -> None:
    found = counted(rules("schulze", "abcde"), FORTY_FIVE)
    assert found["chosen"] + found["reserve"] == ["e", "a", "c", "b", "d"]
    strengths = found["steps"][0]["paths"]
    # The table in the article.
    assert [[strengths[x].get(y) for y in "abcde"] for x in "abcde"] == [
        [None, 28, 28, 30, 24], [25, None, 28, 33, 24], [25, 29, None, 29, 24], [25, 28, 28, None, 24],
        [25, 28, 28, 31, None],
    ]  # fmt: skip


def test_last_ones_go_out_one_at_a_time() -> None:
    """Dropping b and e together, both with 8 in the second round, would elect a; one after the other elects c."""
    found = counted(rules("irv", "abcde"), FORTY_FIVE)
    assert found["chosen"] == ["c"]
    assert tallies(found)[:2] == [[12, 10, 8, 8, 7], [19, 10, 8, 8]]
    assert [(tie["tied"], tie["by"]) for tie in found["ties"]] == [(["b", "e"], "lot")]


def test_elimination_tie_is_broken_by_the_earlier_round_before_the_lot() -> None:
    """4 a, 4 b, 2 ca, 2 dcb: with d out first all three have 4, and any of them could win if only a lot decided."""
    ballots, reached = ranked("4 a", "4 b", "2 ca", "2 dcb"), set()
    for seed in map(str, range(40)):
        found = counted(rules("irv", "abcd", seed_commitment=seed_commitment(seed)), ballots, seed=seed)
        ties = [(tie["step"], tie["tied"], tie["by"], tie["taken"]) for tie in found["ties"]]
        assert ties[0][:3] == (1, ["c", "d"], "lot")
        if ties[0][3] == "d":
            assert ties[1] == (2, ["a", "b", "c"], "round 1", "c")
        reached |= set(found["chosen"])
    assert reached == {"a", "b"}


def test_schulze_finds_both_potential_winners_and_never_another() -> None:
    found = counted(rules("schulze", "abcd"), TWO_WINNERS)
    assert found["steps"][1]["topics"] == ["b", "d"]
    assert found["ties"][0]["tied"] == ["b", "d"]
    assert found["ties"][0]["by"] == "lot"


@pytest.mark.parametrize("method", ["schulze", "irv", "stv"])
def test_perfect_cycle_ties_all_three(method: str) -> None:
    found = counted(rules(method, "abc"), CYCLE)
    assert found["ties"][0]["tied"] == ["a", "b", "c"]
    assert found["ties"][0]["by"] == "lot"


@pytest.mark.parametrize("method", ["approval", "equal_shares", "points", "schulze", "irv", "stv"])
def test_a_tie_of_two_is_for_the_lot_alone(method: str) -> None:
    """Both can win, by the seed alone; nothing else prefers one of them."""
    kinds = {"ranking": ranked("1 a", "1 b"), "points": [{"a": 1}, {"b": 1}], "approval": approved("1 a", "1 b")}
    winners = set()
    for seed in map(str, range(20)):
        of = rules(method, "ab", seed_commitment=seed_commitment(seed))
        found = counted(of, kinds[of.ballot], seed=seed)
        assert [(tie["tied"], tie["by"]) for tie in found["ties"]] == [(["a", "b"], "lot")]
        winners |= set(found["chosen"])
    assert winners == {"a", "b"}


def test_first_preferences_alone_choose_another_capital() -> None:
    assert counted(rules("irv", "mnck"), TENNESSEE)["simple_majority"] == ["m"]
    assert counted(rules("schulze", "mnck"), TENNESSEE)["simple_majority"] == ["m"]


def test_a_clone_wins_nothing_for_its_side() -> None:
    """Of 60 abc and 40 bca Borda's count elects b; none here does."""
    ballots = ranked("60 abc", "40 bca")
    assert [chosen(method, "abc", ballots) for method in ("schulze", "irv", "stv")] == [["a"]] * 3


def test_rounds_of_the_french_example() -> None:
    assert tallies(counted(rules("irv", "abcd"), FRENCH)) == [[42, 26, 17, 15], [42, 32, 26], [58, 42]]


def test_raising_a_topic_can_lose_it_a_runoff_but_not_schulze() -> None:
    before, after = ranked("39 abc", "35 bca", "26 cab"), ranked("49 abc", "25 bca", "26 cab")
    assert chosen("irv", "abc", before) == ["a"]
    assert chosen("irv", "abc", after) == ["c"]
    assert chosen("schulze", "abc", before) == chosen("schulze", "abc", after) == ["a"]


def test_staying_away_can_help_in_a_runoff() -> None:
    assert chosen("irv", "abc", ranked("4 acb", "4 bac", "3 cba")) == ["b"]
    assert chosen("irv", "abc", ranked("2 acb", "4 bac", "3 cba")) == ["c"]


def test_exhausted_ballots_are_shown_in_each_round() -> None:
    found = counted(rules("irv", "abc"), ranked("40 a", "35 b", "25 c"))
    assert [step["exhausted"] for step in found["steps"]] == [0, 25]


def test_burlington_condensed() -> None:
    """The nine kinds of ballot of votelib's test, after Wikipedia's "2009 Burlington mayoral election"."""
    ballots = ranked("1332 mkw", "767 mwk", "455 m", "2043 kmw", "371 kwm", "568 k", "1513 wmk", "495 wkm", "1289 w")
    found = counted(rules("irv", "mkw"), ballots)
    assert found["chosen"] == ["k"]
    assert found["steps"][-1]["tallies"] == {"k": 4314, "w": 4064}
    assert found["simple_majority"] == ["w"]
    assert chosen("schulze", "mkw", ballots) == ["m"]


def test_food_for_twenty() -> None:
    """Wikipedia, "Single transferable vote": three of five foods; quota 6."""
    food = ranked("4 o", "2 po", "8 cs", "4 cw", "1 s", "1 w")
    found = counted(rules("stv", "opcsw", slots=3), food)
    assert sorted(found["chosen"]) == ["c", "o", "s"]
    assert found["steps"][0]["quota"] == "6.00000"
    assert found["steps"][1]["transfers"] == [
        {"to": "s", "papers": 8, "value": "0.50000", "votes": "4.00000"},
        {"to": "w", "papers": 4, "value": "0.50000", "votes": "2.00000"},
    ]
    assert found["ties"] == []


def test_fifty_one_of_a_hundred_do_not_take_all_ten_slots() -> None:
    reds, blues = [f"r{n}" for n in range(10)], [f"b{n}" for n in range(10)]
    ballots = [reds] * 51 + [blues] * 49
    found = counted(rules("equal_shares", reds + blues, slots=10), ballots)
    kinds = [(step["kind"], step["topic"][0]) for step in found["steps"] if step["kind"] != "reserve"]
    assert kinds == [("purchase", "r")] * 5 + [("purchase", "b")] * 4 + [("completion", "b")]
    assert all(topic in reds for topic in found["simple_majority"])
    assert chosen("approval", reds + blues, ballots, slots=10) == found["simple_majority"]


def test_equal_shares_with_costs_by_hand() -> None:
    """Ten voters share 100, so 10 each. Six want the park (60): 10 each, all they have. Four of these want the bench.

    The path (30) has five supporters: it would cost them 6 each, 5 supporters against the park's 6, so the park goes
    first. Of the path's supporters two have nothing left then; the other three own 30 and pay 10 each. The bench (12)
    has four supporters without money; nothing can be bought, 10 are left, and the bench no longer fits.
    """
    ballots = approved("4 pb", "2 ps", "3 s", "1 x")
    of = rules("equal_shares", "psbx", budget=100, costs={"p": 60, "s": 30, "b": 12, "x": 11})
    found = counted(of, ballots)
    assert found["chosen"] == ["p", "s"]
    first, second = found["steps"][:2]
    assert first["effective"] == {"p": "6", "s": "5", "b": "4"}
    assert first["payers"] == [{"voters": 6, "points": 1, "had": "10", "paid": "10", "left": "0"}]
    assert second["effective"] == {"s": "3"}
    assert second["payers"][0] == {"voters": 3, "points": 1, "had": "10", "paid": "10", "left": "0"}
    assert found["why"]["b"] == {"reason": "spent", "had": "0", "needed": 12, "left": 10}
    assert found["why"]["x"] == {"reason": "spent", "had": "10", "needed": 11, "left": 10}


def test_example_of_the_makers_of_equal_shares() -> None:
    """Peters, Pierczynski and Skowron: with one unit a topic, six of ten buy six of ten slots and four buy four."""
    ballots = approved("6 abcdef", "4 uvwxyz")
    found = chosen("equal_shares", "abcdefuvwxyz", ballots, slots=10)
    assert (len(set(found) & set("abcdef")), len(set(found) & set("uvwxyz"))) == (6, 4)


def test_unanimous_voters_need_no_completion() -> None:
    found = counted(rules("equal_shares", "abcd", slots=2), approved("7 ab"))
    assert sorted(found["chosen"]) == ["a", "b"]
    assert {step["kind"] for step in found["steps"]} == {"purchase"}
    assert found["why"]["c"] == {"reason": "support", "had": 0, "needed": 1}


def test_phragmen_by_hand() -> None:
    """Nobody can buy: five voters, one slot, so 1/5 each, and no topic has all. b's three own 3/5, lack 2/15 each."""
    found = counted(rules("equal_shares", "abc", slots=1), approved("2 a", "2 b", "1 bc"))
    assert found["chosen"] == ["b"]
    assert found["steps"][0]["kind"] == "completion"
    assert found["steps"][0]["times"] == {"a": "3/10", "b": "2/15", "c": "4/5"}
    # The reserve: at 3/10 the two of a own 1; c's one, who paid at 2/15, owns 1 not before 17/15.
    assert found["reserve"] == ["a", "c"]
    assert [step["time"] for step in found["steps"][1:]] == ["3/10", "17/15"]


def test_points_by_hand() -> None:
    ballots = [{"a": 5, "b": 3}, {"b": 4}, {"c": 5, "a": 1}]
    found = counted(rules("points", "abc", slots=2), ballots)
    assert found["totals"]["points"] == {"a": 6, "b": 7, "c": 5}
    assert found["chosen"] == ["b", "a"]
    assert found["why"]["c"] == {"reason": "fewer", "had": 5, "needed": 6}


def test_quadratic_points_by_hand() -> None:
    """Four voices for one topic cost sixteen credits: seventeen people with one each outweigh four such enthusiasts."""
    of = rules("points", "ab", ballot="quadratic", most=4, total=16)
    assert counted(of, [{"a": 4}] * 4 + [{"b": 1}] * 17)["chosen"] == ["b"]


def test_votes_of_weight_count_as_often_and_the_other_count_is_shown() -> None:
    of = rules("approval", "ab", weight=3)
    found = result(of, [["a"], ["a"], ["b"]], [1, 1, 3])
    assert found["count"]["chosen"] == ["b"]
    assert found["unweighted"]["chosen"] == ["a"]
    assert found["weights_decide"] is True
    assert found["coverage"] == {"voters": 3, "with_a_topic": 1, "topics_each": "1/3"}


def test_topic_must_stand_above_none_of_these() -> None:
    of = rules("approval", "abc", slots=3, none=True)
    found = counted(of, [["a"]] * 3 + [["b"]] * 2 + [["none"]] * 2 + [["c"]])
    assert found["chosen"] == ["a"]
    assert found["why"]["b"] == {"reason": "below_none", "had": 2, "needed": 3}
    ballots = [[["a"], ["none"], ["b"]]] * 3 + [[["none"]]] * 2
    for method in ("schulze", "irv", "stv"):
        more = {"slots": 2} if method == "stv" else {}
        kept = counted(rules(method, "ab", none=True, **more), ballots)
        assert kept["chosen"] == ["a"]
        assert kept["why"]["b"] == {"reason": "below_none", "had": 0, "needed": 6}


@pytest.mark.parametrize("method", ["approval", "equal_shares", "schulze", "irv", "stv", "points"])
def test_withdrawn_topic_is_as_if_it_had_never_been(method: str) -> None:
    ranking = ranked("5 xab", "4 bxa", "3 xcb", "1 x", "2 ba")
    ballots = {"ranking": ranking, "points": [{one[0]: 3 - n for n, one in enumerate(b)} for b in ranking]}
    ballots["approval"] = [sorted(one[0] for one in ballot) for ballot in ranking]
    slots = {} if method in {"schulze", "irv"} else {"slots": 2}
    with_it, without = rules(method, "xabc", **slots), rules(method, "abc", **slots)
    given = ballots[with_it.ballot]
    left = [
        {k: v for k, v in b.items() if k != "x"} if isinstance(b, dict) else [c for c in b if c not in ("x", ["x"])]
        for b in given
    ]
    found, plain = counted(with_it, given, withdrawn=("x",)), counted(without, left)
    assert found["why"].pop("x") == {"reason": "withdrawn"}
    assert {key: found[key] for key in ("chosen", "totals")} == {key: plain[key] for key in ("chosen", "totals")}


def test_too_small_a_turnout_chooses_nothing() -> None:
    found = counted(rules("approval", "ab", minimum_turnout=4), approved("3 a"))
    assert found["chosen"] == []
    assert found["why"]["a"] == {"reason": "turnout", "had": 3, "needed": 4}
    assert found["totals"]["support"] == {"a": 3, "b": 0}


def test_topic_needs_the_minimum_of_support() -> None:
    found = counted(rules("approval", "ab", slots=2, minimum_support=3), approved("3 a", "2 b"))
    assert found["chosen"] == ["a"]
    assert found["why"]["b"] == {"reason": "support", "had": 2, "needed": 3}


def test_topic_above_the_whole_budget_is_never_bought() -> None:
    found = counted(rules("equal_shares", "ab", budget=5, costs={"a": 6, "b": 5}), approved("9 a", "1 b"))
    assert found["chosen"] == ["b"]
    assert found["why"]["a"] == {"reason": "too_dear", "had": 5, "needed": 6}


ALL = ["approval", "equal_shares", "schulze", "irv", "stv", "points"]


@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize("blank", [0, 1, 7])
def test_nobody_voted_or_only_blank_ballots(method: str, blank: int) -> None:
    of = rules(method, "abc")
    found = result(of, [{} if method == "points" else []] * blank)
    assert found["count"]["chosen"] == found["count"]["reserve"] == []
    assert found["numbers"]["blank"] == found["numbers"]["voted"] == blank
    assert {why["reason"] for why in found["count"]["why"].values()} == {"support"}
    assert found["coverage"] == {"voters": 0, "with_a_topic": 0, "topics_each": "0"}


@pytest.mark.parametrize("method", ALL)
def test_one_topic_and_one_ballot(method: str) -> None:
    ballot = {"approval": ["a"], "ranking": [["a"]], "points": {"a": 1}}
    of = rules(method, "a", **({} if method in {"schulze", "irv"} else {"slots": 4}))
    found = counted(of, [ballot[of.ballot]])
    assert (found["chosen"], found["reserve"], found["why"]) == (["a"], [], {})


@pytest.mark.parametrize("method", ["approval", "equal_shares", "stv", "points"])
def test_more_slots_than_topics_that_anybody_wants(method: str) -> None:
    of = rules(method, "abcd", slots=9)
    ballots = {"approval": approved("2 a", "1 ab"), "ranking": ranked("2 a", "1 ba"), "points": [{"a": 2}, {"b": 1}]}
    found = counted(of, ballots[of.ballot])
    assert sorted(found["chosen"]) == ["a", "b"]
    assert found["why"]["c"]["reason"] == found["why"]["d"]["reason"] == "support"
