"""A real count: Speyside Glenlivet ward, Moray Council, 3 May 2012 (three seats, 2,794 valid papers, quota 699).

The table of Wikipedia's "2012 Moray Council election" gives each stage to one decimal. Fiona Murdoch's surplus of 72
goes at 0.09338, Pearl Paul's of 60 at 0.07905; what the others gained, divided by that, is how many papers they got.
"""

from decimal import ROUND_HALF_UP, Decimal

from tests.voting.methods.elections import counted, ranked, rules

PUBLISHED = [
    {"f": "771.0", "p": "759.0", "m": "639.0", "g": "376.0", "d": "160.0", "t": "89.0"},
    {"f": "699.0", "p": "759.0", "m": "656.6", "g": "393.2", "d": "168.0", "t": "96.1"},
    {"f": "699.0", "p": "699.0", "m": "705.6", "g": "395.0", "d": "170.1", "t": "97.9"},
]
# Fiona Murdoch, Pearl Paul, McConnachie, Gambles, Desmond, Gatt.
PAPERS = ranked(
    "189 fpm", "184 fg", "86 fpd", "76 ft", "236 f", "619 pm", "23 pg", "26 pfd", "23 pt", "68 p",
    "639 mp", "376 g", "160 d", "89 t",
)  # fmt: skip


def test_stages_are_those_that_the_returning_officer_declared() -> None:
    found = counted(rules("stv", "fpmgdt", slots=3), PAPERS)
    stages = [
        {topic: str(Decimal(votes).quantize(Decimal("0.1"), ROUND_HALF_UP)) for topic, votes in step["tallies"].items()}
        for step in found["steps"]
    ]
    assert stages == PUBLISHED
    assert found["steps"][0]["quota"] == "699.00000"
    assert found["chosen"] == ["f", "p", "m"]


def test_transfer_values_are_cut_after_five_decimals() -> None:
    """72/771 is 0.093385…, 60/759 is 0.079051…"""
    _, second, third = counted(rules("stv", "fpmgdt", slots=3), PAPERS)["steps"]
    assert {move["value"] for move in second["transfers"]} == {"0.09338"}
    assert {move["value"] for move in third["transfers"]} == {"0.07905"}
    assert second["truncated"] == str(72 - 771 * Decimal("0.09338"))
    assert third["truncated"] == str(60 - 759 * Decimal("0.07905"))
    whole = [sum(map(Decimal, step["tallies"].values())) for step in (second, third)]
    gone = [Decimal(step["exhausted"]) + Decimal(step["lost"]) for step in (second, third)]
    assert [a + b for a, b in zip(whole, gone, strict=True)] == [2794, 2794]
