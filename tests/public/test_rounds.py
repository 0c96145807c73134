"""/rounds/<slug>/ over HTTP: the ballot, the reason for who may not vote, and an answer to every bad ballot."""

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from audit.models import StaffAction
from letters.models import Letter
from letters.printing import moment
from members.models import Patron, Session
from newsroom import clock
from tests.signing_in import at_once, patron
from tests.voting import world
from voting import ballots, rounds
from voting.methods.canonical import seed_commitment
from voting.models import OpenBallot, RollEntry, Round, RoundTopic, Topic

pytestmark = pytest.mark.django_db


def page(browser: Client, of: Round) -> str:
    answer = browser.get(f"/rounds/{of.slug}/")
    assert answer.status_code == 200
    return answer.content.decode()


def send(browser: Client, of: Round, **fields: Any) -> Any:
    return browser.post(f"/rounds/{of.slug}/", fields)


def said(of: Round, voter: Patron) -> Any:
    return ballots.choices_of(of, voter)


@pytest.fixture
def voter() -> Patron:
    return world.member("olena@example.org")


@pytest.fixture
def browser(voter: Patron) -> Client:
    return at_once(voter)


@pytest.fixture
def spring(voter: Patron) -> Round:
    """Approval of up to three among five topics, just opened."""
    return world.opened("rivers", "roads", "schools", "courts", "mines", slots=2)


def test_a_ballot_is_cast_shown_with_its_receipt_and_changed(spring: Round, voter: Patron, browser: Client):
    assert "Cast ballot" in page(browser, spring)
    answer = send(browser, spring, choice=["rivers", "roads"])
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert "Your ballot is in" in text
    assert said(spring, voter) == ["rivers", "roads"]
    code = re.search(r'<code class="code">([A-Z2-7]{16})</code>', text)
    assert code
    assert code[1] in OpenBallot.objects.get().line
    assert "data:text/plain" in text
    again = page(browser, spring)
    assert code[1] not in again
    assert re.search(r'value="rivers" id="choice-rivers"[^>]*checked', again)
    changed = send(browser, spring, choice=["mines"]).content.decode()
    assert "Your changed ballot is in" in changed
    assert "The receipt of your earlier ballot is void" in changed
    assert said(spring, voter) == ["mines"]
    assert OpenBallot.objects.count() == 1


def test_a_ballot_posted_twice_is_one_ballot(spring: Round, browser: Client):
    for _again in range(3):
        assert send(browser, spring, choice=["rivers"]).status_code == 200
    assert (OpenBallot.objects.count(), rounds.turnout(spring).voted) == (1, 1)


def test_a_blank_ballot_is_cast_once_it_is_confirmed(spring: Round, voter: Patron, browser: Client):
    asked = send(browser, spring)
    assert asked.status_code == 422
    assert "Cast a blank ballot?" in asked.content.decode()
    assert said(spring, voter) is None
    answer = send(browser, spring, blank="yes")
    assert "Nothing: a blank ballot." in answer.content.decode()
    assert said(spring, voter) == []


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"choice": ["rivers", "roads", "schools", "courts"]}, 422, "Drop one of: "),
        ({"choice": ["elsewhere"]}, 422, "no topic of this round"),
        ({"choice": ["rivers", "rivers"]}, 422, "stands twice"),
        ({"choice": ["rivers"], "weight": "100"}, 400, "could not be read"),
        ({"choice": ["rivers"], "blank": ["yes", "yes"]}, 400, "could not be read"),
        ({"rank-rivers": "1"}, 400, "could not be read"),
        ({"choice": ["x" * 5000]}, 422, "no topic of this round"),
        ({"choice": ["\0"]}, 422, "no topic of this round"),
    ],
)
def test_bad_approvals_are_refused_in_words_and_change_nothing(
    spring: Round, voter: Patron, browser: Client, fields: dict[str, Any], status: int, sentence: str
):
    answer = send(browser, spring, **fields)
    assert answer.status_code == status
    assert sentence in answer.content.decode()
    assert said(spring, voter) is None


def test_choices_stay_on_a_refused_page_and_its_summary_leads_to_them(spring: Round, browser: Client):
    text = send(browser, spring, choice=["rivers", "roads", "schools", "courts"]).content.decode()
    assert len(re.findall(r'name="choice"[^>]*checked', text)) == 4
    anchor = re.search(r'role="alert".*?<a href="#([^"]+)"', text, re.DOTALL)
    assert anchor
    assert f'id="{anchor[1]}"' in text


def test_none_of_these_stands_alone(voter: Patron, browser: Client):
    spring = world.opened(offers_none=True)
    answer = send(browser, spring, choice=["none", "roads"])
    assert answer.status_code == 422
    assert "chooses nothing else" in answer.content.decode()
    assert send(browser, spring, choice=["none"]).status_code == 200
    assert said(spring, voter) == ["none"]


RANKING: dict[str, Any] = {"method": "irv", "ballot": "ranking", "publish_ballots": 200, "most": 2}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"rank-rivers": "1", "rank-roads": "1"}, "the same place"),
        ({"rank-rivers": "1", "rank-roads": "2", "rank-schools": "3"}, "Drop one of: "),
        ({"rank-rivers": "x"}, "There is no such place"),
        ({"rank-rivers": "9999"}, "There is no such place"),
        ({"rank-rivers": "-1"}, "There is no such place"),
        ({"rank-elsewhere": "1"}, "no topic of this round"),
    ],
)
def test_bad_rankings_are_refused_in_words(voter: Patron, browser: Client, fields: dict[str, str], sentence: str):
    spring = world.opened(**RANKING)
    answer = send(browser, spring, **fields)
    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)
    assert said(spring, voter) is None


def test_a_ranking_keeps_its_order_and_takes_gaps(voter: Patron, browser: Client):
    spring = world.opened(**RANKING | {"most": 3, "offers_none": True})
    assert send(browser, spring, **{"rank-roads": "1", "rank-rivers": "4", "rank-none": "3"}).status_code == 200
    assert said(spring, voter) == [["roads"], ["none"], ["rivers"]]
    text = page(browser, spring)
    assert re.search(r'name="rank-rivers".*?value="3" selected', text, re.DOTALL)


def test_schulze_takes_equal_places(voter: Patron, browser: Client):
    spring = world.opened(**RANKING | {"method": "schulze"})
    assert send(browser, spring, **{"rank-roads": "1", "rank-rivers": "1"}).status_code == 200
    assert said(spring, voter) == [["rivers", "roads"]]


@pytest.mark.parametrize(
    ("kind", "fields", "sentence"),
    [
        ("points", {"points-rivers": "6"}, "At most 5 points"),
        ("points", {"points-rivers": "5", "points-roads": "5", "points-schools": "2"}, "take 2 back"),
        ("points", {"points-rivers": "1.5"}, "a whole number"),
        ("points", {"points-rivers": "five"}, "a whole number"),
        ("quadratic", {"points-rivers": "3", "points-roads": "2"}, "3 too many"),
    ],
)
def test_bad_points_are_refused_in_words(
    voter: Patron, browser: Client, kind: str, fields: dict[str, str], sentence: str
):
    spring = world.opened(
        method="points", ballot=kind, publish_ballots=200, most=5 if kind == "points" else 3, total=10
    )
    answer = send(browser, spring, **fields)
    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)
    assert said(spring, voter) is None
    assert send(browser, spring, **{"points-rivers": "3", "points-roads": "", "points-schools": "0"}).status_code == 200
    assert said(spring, voter) == {"rivers": 3}


def test_a_ballot_that_comes_a_second_late_is_refused_and_its_choices_stay_on_the_page(
    spring: Round, voter: Patron, browser: Client
):
    assert send(browser, spring, choice=["roads"]).status_code == 200
    clock.move(spring.closes_at - clock.now() + timedelta(seconds=1))
    answer = send(browser, spring, choice=["mines"])
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "This round has closed" in text
    assert "<li>Mines</li>" in text
    assert said(spring, voter) == ["roads"]
    meanwhile = page(browser, spring)
    assert "being sealed and counted" in meanwhile
    assert "You can change it until" not in meanwhile
    assert rounds.close_due() == 1
    assert send(browser, spring, choice=["mines"]).status_code == 409
    assert "being sealed and counted" in page(browser, spring)
    rounds.count_due()
    assert "The result is in" in page(browser, spring)
    assert send(browser, spring, choice=["mines"]).status_code == 409


def test_a_process_that_saw_the_round_open_learns_what_changed_since(spring: Round, voter: Patron, browser: Client):
    """It casts without another look at the round, so the round's own row has to say."""
    assert "Cast ballot" in page(browser, spring)
    assert send(browser, spring, choice=["roads"]).status_code == 200
    rounds.extend(spring, closes_at=spring.closes_at + timedelta(days=40), reason="A holiday.", actor=None)
    told = send(browser, spring, choice=["roads", "mines"]).content.decode()
    spring.refresh_from_db()
    assert f"You can change it until {moment(spring.closes_at, 'en')}" in told
    rounds.withdraw(spring, Topic.objects.get(slug="mines"), reason="It was solved.", actor=None)
    answer = send(browser, spring, choice=["roads", "mines"])
    assert (answer.status_code, "was withdrawn" in answer.content.decode()) == (422, True)
    assert send(browser, spring, choice=["roads"]).status_code == 200
    assert said(spring, voter) == ["roads"]


def test_another_opening_under_the_name_is_another_round(spring: Round, voter: Patron, browser: Client):
    """As after a database was restored under a running process."""
    page(browser, spring)
    seen = Round.objects.seen_open("spring")
    assert seen
    seen.key_fingerprint = "of another opening"
    with pytest.raises(ballots.RoundClosed):
        ballots.cast(seen, voter, choices=["roads"])
    assert said(spring, voter) is None


def test_a_round_that_opens_later_shows_its_topics_and_takes_no_ballot(voter: Patron, browser: Client):
    now = clock.now()
    spring = world.draft(opens_at=now + timedelta(days=1), closes_at=now + timedelta(days=2))
    assert browser.get("/rounds/spring/").status_code == 404
    assert send(browser, spring, choice=["roads"]).status_code == 404
    rounds.schedule(spring, actor=None)
    text = page(browser, spring)
    assert "You can vote from" in text
    assert "Roads" in text
    answer = send(browser, spring, choice=["roads"])
    assert (answer.status_code, "not open yet" in answer.content.decode()) == (409, True)


def test_who_may_not_vote_is_told_why_and_what_mends_it(spring: Round):
    reader = page(Client(), spring)
    assert 'href="/account/login/?next=%2Frounds%2Fspring%2F"' in reader
    assert "Cast ballot" not in reader
    stranger = at_once(patron("stranger@example.org"))
    assert 'href="/support/"' in page(stranger, spring)
    answer = send(stranger, spring, choice=["roads"])
    assert answer.status_code == 403
    assert "<li>Roads</li>" in answer.content.decode()
    lapsed = world.member("lapsed@example.org", paid=clock.now() - timedelta(days=90))
    assert "Your membership has ended" in page(at_once(lapsed), spring)
    assert send(at_once(lapsed), spring, choice=["roads"]).status_code == 403
    assert OpenBallot.objects.count() == 0


def test_who_signed_out_meanwhile_is_refused_and_sees_what_they_had_chosen(spring: Round):
    answer = send(Client(), spring, choice=["roads"])
    text = answer.content.decode()
    assert answer.status_code == 403
    assert "<li>Roads</li>" in text
    assert "/account/login/?next=" in text


def test_staff_vote_as_members_and_with_their_second_factor_only(spring: Round, voter: Patron):
    editor = patron("editor@newsroom.example", "editor", second_factor=True)
    assert "Become one to vote" in page(at_once(editor), spring)
    assert send(at_once(editor), spring, choice=["roads"]).status_code == 403
    voter.role = "editor"
    voter.save()
    half = Client()
    half.force_login(voter)
    text = send(half, spring, choice=["roads"]).content.decode()
    assert "/account/second-factor/?next=" in text
    assert OpenBallot.objects.count() == 0
    assert send(at_once(voter), spring, choice=["roads"]).status_code == 200


def test_a_forged_ballot_is_refused(spring: Round, voter: Patron):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(voter)
    assert send(strict, spring, choice=["roads"]).status_code == 403
    assert OpenBallot.objects.count() == 0


def test_a_withdrawn_topic_is_marked_and_refused_and_an_earlier_ballot_stays(
    spring: Round, voter: Patron, browser: Client
):
    send(browser, spring, choice=["roads", "mines"])
    rounds.withdraw(spring, Topic.objects.get(slug="roads"), reason="It was published.", actor=None)
    text = page(browser, spring)
    assert "<s>Roads</s>" in text
    assert 'value="roads"' not in text
    assert said(spring, voter) == ["mines", "roads"]
    answer = send(browser, spring, choice=["roads", "rivers"])
    assert answer.status_code == 422
    assert "It was published." in answer.content.decode()
    assert said(spring, voter) == ["mines", "roads"]


def test_with_the_secret_lost_nothing_is_cast_and_nothing_breaks(
    spring: Round, voter: Patron, browser: Client, settings: Any
):
    send(browser, spring, choice=["roads"])
    settings.BALLOT_SECRET = "another secret, long enough for a key"
    answer = send(browser, spring, choice=["mines"])
    assert (answer.status_code, "every ballot already cast is safe" in answer.content.decode()) == (503, True)
    assert OpenBallot.objects.count() == 1


def test_each_voter_has_an_order_of_their_own_that_stays(spring: Round, browser: Client):
    def order(who: Client) -> list[str]:
        return re.findall(r'data-slug="(\w+)"', page(who, spring))

    others = [order(at_once(world.member(f"m{number}@example.org"))) for number in range(6)]
    assert order(browser) == order(browser)
    assert len({tuple(one) for one in others}) > 1
    published = re.findall(r"<h3>(\w+)</h3>", page(Client(), spring))
    assert published == ["Rivers", "Roads", "Schools", "Courts", "Mines"]


def test_the_page_says_turnout_and_never_standings(spring: Round, browser: Client):
    send(browser, spring, choice=["roads"])
    text = page(Client(), spring)
    assert "<strong>1</strong> of 1 have voted" in text
    assert spring.configuration_digest in text
    assert seed_commitment(spring.seed) in text
    assert spring.seed not in text


def test_the_words_are_those_of_the_opening(spring: Round, browser: Client):
    Topic.objects.filter(slug="roads").update(title_en="Other words")
    assert "Other words" not in page(browser, spring)


def test_what_was_chosen_stands_nowhere_but_on_the_ballot(
    spring: Round, voter: Patron, browser: Client, caplog: pytest.LogCaptureFixture
):
    """Neither in a line of any log, nor in the session, a letter, the staff's log or an address."""
    caplog.set_level(logging.DEBUG)
    sent = [
        send(browser, spring, choice=["courts", "mines"]),
        send(browser, spring, choice=["courts", "mines", "roads", "rivers"]),
        send(browser, spring, choice=["courts", "elsewhere"]),
        send(browser, spring, choice=["courts"], weight="100"),
        send(Client(), spring, choice=["courts"]),
    ]
    clock.move(spring.closes_at - clock.now() + timedelta(seconds=1))
    sent.append(send(browser, spring, choice=["courts"]))
    code = re.search(r'<code class="code">([A-Z2-7]{16})</code>', sent[0].content.decode())
    assert code
    secrets = ["courts", "mines", "Courts", "Mines", "elsewhere", code[1]]
    lines = [
        f"{record.getMessage()} {record.__dict__}"
        for record in caplog.records
        if not record.name.startswith("django.db")
    ]
    kept = [str(row.get_decoded()) for row in Session.objects.all()]
    written = [f"{letter.subject} {letter.text} {letter.html}" for letter in Letter.objects.all()]
    logged = [f"{row.target} {row.facts}" for row in StaffAction.objects.exclude(action="round.topics")]
    headers = [f"{answer.headers} {answer.cookies}" for answer in sent]
    for place in (lines, kept, written, logged, headers):
        assert [text for text in place for secret in secrets if secret in text] == []
    assert kept
    assert RollEntry.objects.filter(patron=voter).values_list("has_cast", flat=True).get() is True
    assert RoundTopic.objects.count() == 5
