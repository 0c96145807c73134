"""What a ballot may say, how the sorted file is written and read, and what its digests hang on."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.voting.methods.elections import cast, closing, lines, rules
from voting.methods.ballots import InvalidBallot, ballot_line, check_choices, read_ballots
from voting.methods.canonical import Malformed, as_text, canonical, digest, read_json, seed_commitment
from voting.methods.configuration import read_configuration
from voting.methods.counting import count

APPROVAL = rules("approval", "abcd", most=3, none=True)
RANKING = rules("stv", "abcd", most=2)
TIED = rules("schulze", "abcd")
POINTS = rules("points", "abcd")
QUADRATIC = rules("points", "abcd", ballot="quadratic", most=3, total=10)


@pytest.mark.parametrize(
    ("of", "choices", "reason"),
    [
        (APPROVAL, ["a", "e"], "unknown"), (APPROVAL, ["a", "a"], "twice"), (APPROVAL, ["a", "b", "c", "d"], "many"),
        (APPROVAL, ["none", "a"], "none"), (APPROVAL, {"a": 1}, "shape"), (APPROVAL, [["a"]], "shape"),
        (APPROVAL, None, "shape"), (APPROVAL, [1], "shape"), (APPROVAL, "ab", "shape"), (APPROVAL, [None], "shape"),
        (RANKING, [["a", "b"]], "equal"), (RANKING, [["a"], ["b"], ["c"]], "many"), (RANKING, ["a"], "shape"),
        (RANKING, [[]], "shape"), (RANKING, [["a"], ["a"]], "twice"), (RANKING, [["none"]], "unknown"),
        (TIED, [["a", "b"], ["a"]], "twice"),
        (POINTS, {"a": 6}, "many"), (POINTS, {"a": 5, "b": 5, "c": 1}, "total"), (POINTS, {"a": 0}, "shape"),
        (POINTS, {"a": -1}, "shape"), (POINTS, {"a": True}, "shape"), (POINTS, {"a": 1.5}, "shape"),
        (POINTS, {"a": 10**9}, "many"), (POINTS, ["a"], "shape"), (POINTS, {"z": 1}, "unknown"),
        (QUADRATIC, {"a": 3, "b": 2}, "total"), (QUADRATIC, {"a": 4}, "many"),
    ],
)  # fmt: skip
def test_what_the_rules_do_not_allow_is_refused_with_its_reason(of: Any, choices: Any, reason: str) -> None:
    with pytest.raises(InvalidBallot) as refused:
        check_choices(of, choices)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("of", "choices"),
    [
        (APPROVAL, []), (APPROVAL, ["none"]), (APPROVAL, ["d", "a", "b"]), (RANKING, []), (RANKING, [["d"], ["a"]]),
        (TIED, [["d", "b"], ["a"], ["c"]]), (POINTS, {}), (POINTS, {"a": 5, "b": 5}), (QUADRATIC, {"a": 3, "b": 1}),
    ],
)  # fmt: skip
def test_what_they_allow_is_taken(of: Any, choices: Any) -> None:
    assert read_ballots(of, [ballot_line(of, choices) + "\n"]).lines == 1


@pytest.mark.parametrize("weight", [0, 2, 100, -1, 1.0, True, "1", None])
def test_weight_that_the_round_does_not_have_is_refused(weight: Any) -> None:
    with pytest.raises(InvalidBallot) as refused:
        ballot_line(APPROVAL, ["a"], weight=weight)
    assert refused.value.reason == "weight"


@pytest.mark.parametrize("code", ["a", "A1", 'A"', "A\n", "A" * 65, "É"])
def test_receipt_code_is_base32(code: str) -> None:
    with pytest.raises(InvalidBallot):
        ballot_line(APPROVAL, ["a"], code=code)


def test_equal_ballots_are_written_equally() -> None:
    assert ballot_line(APPROVAL, ["b", "a"]) == ballot_line(APPROVAL, ["a", "b"])
    assert ballot_line(TIED, [["b", "a"], ["c"]]) == ballot_line(TIED, [["a", "b"], ["c"]])
    assert ballot_line(TIED, [["a"], ["b"]]) != ballot_line(TIED, [["b"], ["a"]])
    assert ballot_line(POINTS, {"b": 1, "a": 2}) == ballot_line(POINTS, {"a": 2, "b": 1})
    assert ballot_line(APPROVAL, ["b", "a"], code="AB2") == '{"choices":["a","b"],"code":"AB2","weight":1}'


def test_digest_of_the_ballots_is_that_of_the_file() -> None:
    """Written down once: if this changes, every digest ever published is another."""
    text = lines(APPROVAL, [["b", "a"], [], ["c"]], code="AB")
    assert text == (
        '{"choices":["a","b"],"code":"AB","weight":1}\n'
        '{"choices":["c"],"code":"AB","weight":1}\n'
        '{"choices":[],"code":"AB","weight":1}\n'
    )
    assert read_ballots(APPROVAL, text.splitlines(keepends=True)).digest == digest(text)
    assert digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert seed_commitment("3f8a") == digest("seed\n3f8a")


@given(st.lists(st.sampled_from(["a", "b", "c", "d"]).map(lambda t: [t]), max_size=30))
def test_file_shows_no_order_of_casting(ballots: list[list[str]]) -> None:
    assert lines(APPROVAL, ballots) == lines(APPROVAL, ballots[::-1])
    assert cast(APPROVAL, ballots).digest == cast(APPROVAL, ballots[::-1]).digest


def test_codes_are_part_of_what_is_sealed() -> None:
    assert digest(lines(APPROVAL, [["a"]], code="AA")) != digest(lines(APPROVAL, [["a"]], code="AB"))


def test_memory_grows_with_different_ballots_only() -> None:
    text = [
        ballot_line(APPROVAL, [t], code=f"A{n:03d}".translate(str.maketrans("0189", "QRST")))
        for t in "ab"
        for n in range(500)
    ]
    found = read_ballots(APPROVAL, (line + "\n" for line in sorted(text)))
    assert found.lines == 1000
    assert dict(found.single) == {(("a", 1),): 500, (("b", 1),): 500}


def test_ballots_other_than_those_sealed_are_not_counted() -> None:
    sealed, other = cast(APPROVAL, [["a"]]), cast(APPROVAL, [["b"]])
    with pytest.raises(Malformed, match="not those that were sealed"):
        count(APPROVAL, closing(sealed), other)


def test_seed_that_was_not_committed_to_is_not_used() -> None:
    sealed = cast(APPROVAL, [["a"]])
    with pytest.raises(Malformed, match="not the one that was committed to"):
        count(APPROVAL, closing(sealed, seed="other"), sealed)


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("method", "borda", "no count borda of approval ballots"), ("slots", 0, "slots must be a whole number"),
        ("slots", None, "either slots or a budget"), ("budget", 5, "either slots or a budget"),
        ("weight", 4, "the largest weight must be a whole number from 1 to 3"), ("weight", 100, "from 1 to 3"),
        ("minimum_support", -1, "the minimum support"), ("minimum_turnout", 1.5, "the minimum turnout"),
        ("title", "a\nb", "the round's title must be a line"), ("title", 5, "the round's title"),
        ("seed_commitment", "abc", "64 hexadecimal digits"), ("topics", [], "from 1 to 200 topics"),
        ("topics", [{"id": "a"}], "a topic must have exactly the keys"), ("rules", "other", "by the rules hromada-1"),
        ("publish", {"totals": 9, "ballots": 50, "consent": False}, "publish.totals must be a whole number from 10"),
        ("publish", {"totals": 10, "ballots": 49, "consent": True}, "publish.ballots must be a whole number from 50"),
        ("publish", {"totals": 90, "ballots": 50, "consent": False}, "ballots are not published where totals are not"),
        ("ballot", {"kind": "approval", "most": 0, "total": None, "none": False}, "most must be a whole number"),
        ("ballot", {"kind": "approval", "most": 3, "total": 9, "none": False}, "a ballot of points says"),
        ("ballot", {"kind": "ranking", "most": 3, "total": None, "none": False}, "no count approval of ranking"),
        ("ballot", {"kind": "approval", "most": 3, "total": None, "none": 1}, "must be true or false"),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_are_refused(key: str, value: Any, sentence: str) -> None:
    facts = {**APPROVAL.facts(), key: value}
    with pytest.raises(Malformed, match=re.escape(sentence)):
        read_configuration(facts)


@pytest.mark.parametrize("topic", ["none", "", "A", "a b", "ї", "a" * 41, "-a", "../a"])
def test_topic_ids_are_plain(topic: str) -> None:
    facts = APPROVAL.facts()
    facts["topics"][0]["id"] = topic
    with pytest.raises(Malformed, match="a topic's id"):
        read_configuration(facts)


def test_publication_may_only_be_stricter() -> None:
    of = rules("stv", "ab")
    assert [of.published(n) for n in (0, 9, 10, 199, 200)] == ["winners", "winners", "totals", "totals", "ballots"]
    agreed = rules("stv", "ab", consent=True, publish_ballots=50)
    assert [agreed.published(n) for n in (49, 50)] == ["totals", "ballots"]
    with pytest.raises(Malformed, match="from 200"):
        read_configuration({**of.facts(), "publish": {"totals": 10, "ballots": 50, "consent": False}})


def test_any_change_of_the_rules_changes_their_digest() -> None:
    others = [
        rules("approval", "abcd", **{"most": 3, "none": True, **change})
        for change in (
            {},
            {"most": 2},
            {"none": False},
            {"slots": 2},
            {"minimum_support": 1},
            {"title": "Else?"},
            {"weight": 2},
        )
    ]
    assert others[0].digest == APPROVAL.digest
    assert len({other.digest for other in others}) == len(others)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"a":1,"a":1}',
        "1.5",
        "1e3",
        "Infinity",
        "12345678901",
        '{"b":1,"a":2}',
        "[1, 2]",
        '"\\u0041"',
        "[1]\n\n",
        "[]x",
    ],
)
def test_json_is_read_in_its_one_spelling(text: str) -> None:
    with pytest.raises(Malformed, match=r"^it: |^it is not JSON"):
        read_json(text, "it")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(st.characters(codec="utf-8")),
        lambda c: st.lists(c, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), c),
    )
)
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_back(value: Any) -> None:
    assert read_json(canonical(value), "it") == value
    assert read_json((canonical(value) + "\n").encode(), "it") == value
    assert as_text(3) == "3"
