"""What readers see of rounds: the list, the result in words and tables, the file, one's own line by its code."""

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from newsroom import clock
from public.result_wording import Words
from tests.voting.counted import add_result, code, counted, opened
from tests.voting.methods.bundles import opinions
from tests.voting.methods.elections import approved, ranked, rules
from voting import pictures, publication
from voting.methods.configuration import Configuration
from voting.methods.recount import EQUAL, recount
from voting.models import Round
from voting.pictures import Stage

pytestmark = pytest.mark.django_db


def text(answer: Any) -> str:
    """A page as it is read: without tags, one space between words."""
    page = re.sub(r"<(svg|style|script).*?</\1>", " ", answer.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", page)))


def show(of: Configuration, ballots: Sequence[Any], language: str = "en", **more: Any) -> str:
    round_ = counted(of, ballots, **more)
    answer = Client(headers={"accept-language": language}).get(f"/rounds/{round_.slug}/results/")
    assert answer.status_code == 200
    return text(answer)


def headline(of: Configuration, ballots: Sequence[Any], language: str = "en", **more: Any) -> str:
    published = publication.newest(counted(of, ballots, **more))
    assert published
    with translation.override(language):
        return Words(published, language, {}).headline()


TOLD = {"publish_ballots": 50, "consent": True}  # voters knew that ballots would be published
TENNESSEE = ranked("42 mnck", "26 nckm", "15 cknm", "17 kcnm")
FORTY_FIVE = ranked("5 acbed", "5 adecb", "8 bedac", "3 cabed", "7 caebd", "2 cbade", "7 dceba", "8 ebadc")


@pytest.mark.parametrize(
    ("of", "ballots", "said"),
    [
        (rules("approval", "ab"), approved("40 a", "20 b"), "“Topic a” was chosen: 40 of 60 voters are for it."),
        (
            rules("equal_shares", "abc", slots=2), approved("40 a", "20 b", "3 c"),
            "“Topic a” and “Topic b” were chosen; 60 of 63 voters named at least one of them.",
        ),
        (rules("points", "ab"), [{"a": 2}] * 210, "“Topic a” was chosen, with 420 points."),
        (
            rules("schulze", "mnck", **TOLD), TENNESSEE,
            "“Topic n” was chosen: against each other topic alone, more voters prefer it.",
        ),
        (
            rules("schulze", "abcde"), FORTY_FIVE,
            "“Topic e” was chosen by Schulze’s rule: no topic beats each of the others.",
        ),
        (
            rules("irv", "mnck", **TOLD), TENNESSEE,
            "“Topic k” was chosen in round 3, with 58 of 100 ballots.",
        ),
        (
            rules("irv", "ab", **TOLD), ranked("30 ab", "25 b"),
            "“Topic a” was chosen in the first round, with 30 of 55 first preferences.",
        ),
        (rules("irv", "mnck"), TENNESSEE, "“Topic k” was chosen."),
        (rules("approval", "ab"), approved("5 a"), "“Topic a” was chosen."),
        (rules("approval", "ab"), [], "No topic was chosen: nobody voted."),
        (rules("approval", "ab"), [[]] * 12, "No topic was chosen: every ballot was blank."),
        (
            rules("approval", "ab", minimum_turnout=99), approved("60 a"),
            "No topic was chosen: 99 valid ballots were needed, and there were 60.",
        ),
        (
            rules("approval", "ab", minimum_support=99), approved("60 a"),
            "No topic was chosen: none met the conditions of the round.",
        ),
    ],
)  # fmt: skip
def test_headline_says_what_was_chosen_and_by_what(of: Configuration, ballots: list[Any], said: str):
    assert headline(of, ballots) == said


def test_headline_is_in_the_language_of_its_reader():
    assert headline(rules("approval", "ab"), approved("40 a", "21 b"), "uk") == (
        "Обрано тему «Topic a»: за неї 40 із 61 учасника голосування."
    )


def test_page_of_equal_shares_tells_who_paid_and_whom_it_serves():
    ballots = approved("40 abc", "15 ab", "6 a", "30 d", "9 e")
    said = show(rules("equal_shares", "abcde", slots=3), ballots, voided={"refunded": 2}, more_on_the_roll=93)
    assert "“Topic a”, “Topic d” and “Topic b” were chosen; 91 of 100 voters named at least one of them." in said
    assert "100 voters share the places (3), so each has 0.03 of a place." in said
    assert "Paid by 61, 0.0164 each." in said
    assert "Its 30 supporters were the first to have its cost together." in said
    assert "A simple majority would have chosen “Topic a”, “Topic b” and “Topic c”." in said
    assert "voters (91 %) named at least one chosen topic" in said
    assert "Could vote 195 Voted 102 52 % of these, counted 100 of these, blank 0 of these, void 2" in said
    assert "the payment was taken back before the close" in said
    assert "Its supporters had 0.27 left of their shares; it costs 1." in said


def test_page_of_a_runoff_shows_its_rounds():
    said = show(rules("irv", "mnck", **TOLD), TENNESSEE)
    assert "Round 2: “Topic c” is out" in said
    assert "Went out in round 1, as the last one, with 15." in said
    assert "In the last round it had 42, the winner 58." in said
    assert "1 Topic m 42 42 42 2 Topic n 26 26 ✗ 3 Topic c 15 ✗ 4 Topic k 17 32 58 ✓" in said
    assert "A simple majority would have chosen “Topic m”." in said


def test_page_of_stv_shows_quota_surplus_and_what_is_lost():
    said = show(rules("stv", "opcsw", slots=3), ranked("40 o", "20 po", "80 cs", "40 cw", "10 s", "10 w"))
    assert "Quota: 51." in said
    assert "what “Topic c” has above the quota, 69, is passed on" in said
    assert "With no topic any more" in said


def test_page_of_schulze_has_the_matrix_with_signs():
    said = show(rules("schulze", "mnck", **TOLD), TENNESSEE)
    assert "2 Topic n 58 ✓ – 68 ✓ 68 ✓" in said
    assert "“Topic n” beats it: a chain of strength 58 against one of 0." in said


def test_ties_and_the_lot_are_explained():
    said = show(rules("approval", "ab"), approved("30 a", "30 b"))
    assert "“Topic a” and “Topic b” were level for the last place. The lot said: “Topic" in said
    assert "As many as the last one chosen, 30; the lot decided." in said
    assert "There was a tie that only the lot could break" in said


def test_every_kind_of_tie_has_its_sentence():
    published = publication.newest(counted(rules("approval", "ab"), approved("30 a", "30 b")))
    assert published
    words = Words(published, "en", {})
    for about in (
        "the last slot", "the winner", "the reserve", "which is bought first", "who can pay first",
        "whose surplus is first", "which goes out",
    ):  # fmt: skip
        for by in ("lot", "support", "round 1", "stage 2"):
            said = words.tie({"step": 3, "about": about, "tied": ["a", "b"], "by": by, "taken": "a"})
            assert "“Topic a” and “Topic b”" in said
            assert said.endswith("“Topic a”.")


def test_why_a_topic_is_not_chosen_stands_beside_it():
    of = rules("approval", "abcd", none=True, minimum_support=2)
    ballots = approved("40 a", "10 b", "1 c") + [["none"]] * 20
    said = show(of, ballots, withdrawn={"d": "The source asked us to."})
    assert "Not above “none of these”: it has 10, and needed 21." in said
    assert "Named by 1; at least 2 were needed." in said
    assert "Withdrawn while the vote ran: The source asked us to." in said
    budget = rules("equal_shares", "ab", budget=5, costs={"a": 6, "b": 5})
    assert "It costs 6, more than the whole budget of 5." in show(budget, approved("50 a", "9 b"), slug="two")


def test_a_small_electorate_shows_the_winners_alone():
    said = show(rules("approval", "abc"), approved("4 a", "3 b", "1 c"))
    assert "Only what was chosen is published." in said
    assert "Approvals" not in said
    assert "Find your own ballot" not in said
    assert not re.search(r"\b[43] of\b", said)


def test_a_middling_electorate_shows_totals_but_no_ballots():
    said = show(rules("irv", "abc"), ranked("20 ab", "15 bc", "5 ca"))
    assert "Totals are published, ballots are not." in said
    assert "Find your own ballot" not in said
    assert "Round by round" not in said
    assert "One against another" in said


def test_weights_show_both_counts():
    of = rules("approval", "ab", weight=3)
    said = show(of, approved("40 a", "20 b"), weights=[1] * 40 + [3] * 20)
    assert "“Topic b” was chosen, with 60 votes." in said
    assert "Weights decided: counted with one vote for each voter, “Topic a” would have been chosen." in said


def test_a_correction_is_shown_with_both_versions():
    of = rules("approval", "ab")
    round_ = counted(of, approved("40 a", "20 b"))
    published = publication.newest(round_)
    assert published
    add_result(round_, published.closing, json.loads(published.result.text), reason="Two were voided twice.")
    client = Client()
    now, before = client.get("/rounds/spring/results/"), client.get("/rounds/spring/results/1/")
    assert "This result was corrected" in text(now)
    assert "Two were voided twice." in text(now)
    assert 'href="/rounds/spring/results/1/"' in now.content.decode()
    assert "This version was corrected." in text(before)
    assert client.get("/rounds/spring/results/3/").status_code == 404
    bundles = [client.get(f"/rounds/spring/{path}bundle.zip") for path in ("", "results/1/", "results/2/")]
    assert bundles[0].headers["ETag"] == bundles[2].headers["ETag"] != bundles[1].headers["ETag"]


def test_the_file_counts_again_and_is_cheap_to_ask_for_twice():
    of = rules("approval", "abcdef")
    counted(of, opinions(of, 60))
    client = Client()
    answer = client.get("/rounds/spring/bundle.zip")
    data = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert recount(data).code == EQUAL
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="spring.zip"'
    assert answer.headers["Content-Length"] == str(len(data))
    again = client.get("/rounds/spring/bundle.zip", headers={"if-none-match": answer.headers["ETag"]})
    assert again.status_code == 304
    head = client.head("/rounds/spring/bundle.zip")
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(data)))


def test_nothing_of_a_round_is_shown_before_it_is_counted():
    of = rules("approval", "ab")
    round_ = opened(of)
    client = Client()
    assert "There is no result yet, for anybody" in text(client.get("/rounds/spring/results/"))
    assert client.get("/rounds/spring/bundle.zip").status_code == 404
    assert "Open now" in text(client.get("/rounds/"))
    Round.objects.filter(pk=round_.pk).update(closed_at=clock.now(), nonce="")
    assert "is being counted" in text(client.get("/rounds/spring/results/"))
    assert "Being counted." in text(client.get("/rounds/"))


def test_a_draft_is_nobodys_business():
    now = clock.now()
    Round.objects.create(slug="draft", title_en="Draft", opens_at=now, closes_at=now + timedelta(days=1))
    assert Client().get("/rounds/draft/results/").status_code == 404
    assert Client().get("/rounds/draft/bundle.zip").status_code == 404
    assert "Draft" not in text(Client().get("/rounds/"))


def test_list_names_what_was_chosen():
    counted(rules("approval", "ab", slots=2), approved("40 a", "20 b"))
    counted(rules("approval", "ab"), [], slug="empty")
    said = text(Client().get("/rounds/"))
    assert "Chosen: Topic a · Topic b" in said
    assert "No topic was chosen." in said


# -- one's own line


def look_up(client: Client, said: str) -> Any:
    return client.post("/rounds/spring/results/", {"code": said})


def test_a_voter_finds_their_own_line_by_its_code(caplog: pytest.LogCaptureFixture):
    of = rules("approval", "abcdef")
    ballots = opinions(of, 60)
    counted(of, ballots)
    client = Client()
    answer = look_up(client, f"{code(7)[:4]}-{code(7)[4:].lower()}")
    said = text(answer)
    assert "A ballot with this code was counted. It says:" in said
    assert " ".join(f"Topic {topic}" for topic in ballots[7]) in said
    assert "no-store" in answer.headers["Cache-Control"]
    assert "A ballot with this code was counted. It says: Nothing: a blank ballot." in text(look_up(client, code(0)))
    for wrong in ("", "A" * 16, "<script>", code(60)):
        assert "No counted ballot has this code." in text(look_up(client, wrong))
    assert code(7) not in caplog.text
    assert code(7) not in answer.content.decode()


def test_looking_up_is_limited():
    counted(rules("approval", "ab"), approved("60 a"))
    client = Client()
    assert {look_up(client, "A" * 16).status_code for _ in range(30)} == {200}
    assert look_up(client, "A" * 16).status_code == 429


def test_a_ranking_and_points_are_read_back():
    of = rules("schulze", "abc", **TOLD)
    counted(of, ranked("60 a(bc)"))
    assert "1. Topic a 2. Topic b, Topic c" in text(look_up(Client(), code(1)))
    counted(rules("points", "ab"), [{"a": 3}] * 210, slug="points")
    assert "Topic a: 3" in text(Client().post("/rounds/points/results/", {"code": code(1)}))


# -- pictures


def test_pictures_escape_and_carry_no_style():
    drawn = pictures.rounds(
        [
            Stage({"a": Fraction(5), "b": Fraction(3), "c": Fraction(2)}),
            Stage(
                {"a": Fraction(5), "b": Fraction(4)}, Fraction(1), [("c", "b", Fraction(1)), ("c", None, Fraction(1))]
            ),
        ],
        {"a": 1, "b": 2, "c": 3},
        '<b>"title"',
    )
    assert "&lt;b&gt;&quot;title&quot;" in drawn
    assert "style" not in drawn
    widths = [Fraction(width) for width in re.findall(r'<rect class="[^"]+" x="[^"]+" y="64" width="([^"]+)"', drawn)]
    assert widths == [180, 144, 36]
    assert drawn.count('class="ribbon') == 4


def test_bars_are_as_long_as_what_they_show():
    assert 'width="33.33"' in pictures.bar(1, 3)
    assert 'width="0.00"' in pictures.bar(0, 0)
    assert 'class="fill chosen" width="100.00"' in pictures.bar(3, 3, is_chosen=True)
    assert 'x="25.00" width="50.00"' in pictures.parts([Fraction(1, 4), Fraction(1, 2)], 1)
