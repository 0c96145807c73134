"""Rounds from draft to archive: what opens, what is frozen, what may still be done, and what the log says."""

import json
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from audit.models import StaffAction
from newsroom import clock
from tests.signing_in import patron
from tests.voting import world
from voting import ballots, round_log, rounds, topics
from voting.methods.bundle import check_log
from voting.methods.canonical import seed_commitment
from voting.models import Round, RoundState, Topic, TopicState

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_a_round_opens_at_its_time_exactly_once():
    draft = world.draft(opens_at=clock.now() + timedelta(hours=1))
    rounds.schedule(draft, actor=None)
    assert rounds.open_due() == 0
    clock.move(timedelta(hours=1))
    assert (rounds.open_due(), rounds.open_due()) == (1, 0)
    draft.refresh_from_db()
    assert draft.state == RoundState.OPEN
    assert set(Topic.objects.values_list("state", flat=True)) == {TopicState.ON_BALLOT}


def test_the_opening_freezes_words_and_rules_with_their_digest():
    opened = world.opened("rivers", "roads", offers_none=True)
    Topic.objects.filter(slug="rivers").update(title_en="Other words")
    rules = rounds.rules(opened)
    assert (rules.digest, rules.choices) == (opened.configuration_digest, ("rivers", "roads", "none"))
    assert (rules.topics[0].title, rules.topics[0].texts["title_uk"]) == ("Rivers", "rivers")
    assert rules.seed_commitment == seed_commitment(opened.seed)
    said = opened.log.get(kind="opened").facts
    assert (said["configuration_digest"], said["eligibility"], said["cutoff_hours"]) == (rules.digest, "at_cast", 24)


def test_usual_rules_follow_from_what_is_chosen():
    now = clock.now()
    when = {"opens_at": now, "closes_at": now + world.DAY}
    one = rounds.draft(actor=None, slug="one", title_en="One", **when)
    three = rounds.draft(actor=None, slug="three", title_en="Three", slots=3, is_sensitive=True, **when)
    ranked = rounds.draft(actor=None, slug="r", title_en="R", ballot="ranking", method="stv", slots=2, **when)
    assert (one.method, one.most, one.eligibility, one.publish_ballots) == ("approval", 3, "at_cast", 50)
    assert (three.method, three.eligibility) == ("equal_shares", "at_open")
    assert ranked.publish_ballots == 200


def test_what_contradicts_itself_is_not_scheduled():
    with pytest.raises(ValidationError):
        world.draft(weight=100)
    empty = world.draft()
    rounds.set_topics(empty, [], actor=None)
    with pytest.raises(rounds.NotReady, match="from 1 to"):
        rounds.schedule(empty, actor=None)
    over = world.draft("a", slug="over", opens_at=clock.now() - 2 * world.DAY, closes_at=clock.now() - world.DAY)
    with pytest.raises(rounds.NotReady, match="close before"):
        rounds.schedule(over, actor=None)
    odd = world.draft("b", slug="odd", method="schulze")
    with pytest.raises(rounds.NotReady, match="no count schulze of approval"):
        rounds.schedule(odd, actor=None)


def test_a_topic_stands_on_one_ballot_at_a_time_and_once_on_it():
    opened = world.opened("rivers")
    topic = opened.entries.get().topic
    other = world.draft("roads", slug="other")
    with pytest.raises(rounds.NotReady):
        rounds.set_topics(other, [(topic, 1)], actor=None)
    free = other.entries.get().topic
    with pytest.raises(rounds.NotReady):
        rounds.set_topics(other, [(free, 1), (free, 1)], actor=None)
    Topic.objects.filter(pk=free.pk).update(is_for_ballots=False)
    with pytest.raises(rounds.NotReady):
        rounds.set_topics(other, [(free, 1)], actor=None)


def test_what_is_scheduled_is_changed_only_after_it_was_taken_back():
    draft = world.draft(opens_at=clock.now() + world.DAY)
    rounds.schedule(draft, actor=None)
    for act in (
        lambda: rounds.change(draft, actor=None, slots=2),
        lambda: rounds.set_topics(draft, [], actor=None),
        lambda: rounds.schedule(draft, actor=None),
    ):
        with pytest.raises(rounds.NotADraft):
            act()
    rounds.unschedule(draft, actor=None)
    rounds.change(draft, actor=None, title_en="Summer")
    assert (draft.state, draft.title_en) == (RoundState.DRAFT, "Summer")
    clock.move(2 * world.DAY)
    assert rounds.open_due() == 0
    with pytest.raises(rounds.NotADraft):
        rounds.unschedule(world.opened("x", slug="x"), actor=None)


def test_a_topic_that_may_not_be_voted_on_any_more_is_left_out_at_the_opening():
    draft = world.draft("rivers", "roads", opens_at=clock.now() + world.DAY)
    rounds.schedule(draft, actor=None)
    Topic.objects.filter(slug="roads").update(is_for_ballots=False)
    clock.move(world.DAY)
    assert rounds.open_due() == 1
    draft.refresh_from_db()
    assert rounds.rules(draft).choices == ("rivers",)
    assert draft.log.get(kind="left_out").facts == {"topics": ["roads"]}


@pytest.mark.parametrize("spoiled", ["every topic", "the time"])
def test_a_round_that_cannot_be_held_is_a_draft_again(spoiled: str):
    draft = world.draft("rivers", opens_at=clock.now() + world.DAY)
    rounds.schedule(draft, actor=None)
    if spoiled == "every topic":
        Topic.objects.update(state="declined")
    clock.move(world.DAY if spoiled == "every topic" else 8 * world.DAY)
    assert rounds.open_due() == 0
    draft.refresh_from_db()
    assert draft.state == RoundState.DRAFT
    assert draft.log.filter(kind="unscheduled").exists()


def test_while_it_is_open_a_topic_is_withdrawn_and_time_is_added_with_a_public_reason():
    editor = patron("editor@example.org", "editor")
    opened = world.opened()
    roads = Topic.objects.get(slug="roads")
    end = opened.closes_at
    with pytest.raises(rounds.ReasonMissing):
        rounds.withdraw(opened, roads, reason=" ", actor=editor)
    rounds.withdraw(opened, roads, reason="The road was built.", actor=editor)
    rounds.withdraw(opened, roads, reason="Again.", actor=editor)
    with pytest.raises(rounds.NotLater):
        rounds.extend(opened, closes_at=end, reason="x", actor=editor)
    rounds.extend(opened, closes_at=end + world.DAY, reason="The page was down.", actor=editor)
    assert opened.log.get(kind="withdrawn").facts == {"topic": "roads", "reason": "The road was built."}
    assert opened.log.get(kind="extended").facts["reason"] == "The page was down."
    assert Topic.objects.get(slug="roads").state == TopicState.SHORTLISTED
    actions = set(StaffAction.objects.filter(actor=editor).values_list("action", flat=True))
    assert {"round.withdraw", "round.extend"} <= actions
    assert "editor" not in json.dumps(round_log.entries(opened))
    clock.move(opened.closes_at - clock.now() + timedelta(seconds=1))
    for act in (
        lambda: rounds.extend(opened, closes_at=end + 9 * world.DAY, reason="x", actor=editor),
        lambda: rounds.withdraw(opened, Topic.objects.get(slug="rivers"), reason="x", actor=editor),
    ):
        with pytest.raises(rounds.NotOpen):
            act()


def test_the_log_of_a_whole_life_is_a_chain_that_names_the_digests():
    voter = world.member()
    opened = world.opened()
    ballots.cast(opened, voter, choices=["rivers"])
    world.close(opened)
    found = check_log(round_log.entries(opened))
    assert found["opened"] == opened.configuration_digest
    assert found["counted"] == opened.results.get().digest
    kinds = [entry["kind"] for entry in round_log.entries(opened)]
    assert kinds == ["created", "scheduled", "opened", "closed", "counted"]
    said = [json.loads(line) for line in round_log.text(opened).splitlines()]
    assert said == round_log.entries(opened)


def test_a_round_is_archived_once_every_winner_has_a_state():
    voter = world.member()
    opened = world.opened("rivers", "roads")
    ballots.cast(opened, voter, choices=["rivers"])
    with pytest.raises(rounds.NotArchivable):
        rounds.archive(opened, actor=None)
    world.close(opened)
    rivers, roads = Topic.objects.get(slug="rivers"), Topic.objects.get(slug="roads")
    assert (rivers.state, roads.state) == (TopicState.CHOSEN, TopicState.NOT_CHOSEN)
    with pytest.raises(rounds.NotArchivable):
        rounds.archive(opened, actor=None)
    topics.move(rivers, TopicState.ASSIGNED)
    rounds.archive(opened, actor=None)
    assert Round.objects.get().state == RoundState.ARCHIVED


def test_what_a_later_round_chose_does_not_hold_back_an_earlier_one():
    voter = world.member()
    spring = world.opened("rivers", "roads")
    ballots.cast(spring, voter, choices=["rivers"])
    world.close(spring)
    topics.move(Topic.objects.get(slug="rivers"), TopicState.ASSIGNED)
    autumn = world.opened("schools", slug="autumn", carried=["roads"])
    ballots.cast(autumn, voter, choices=["roads"])
    world.close(autumn)
    assert Topic.objects.get(slug="roads").state == TopicState.CHOSEN
    rounds.archive(spring, actor=None)
    with pytest.raises(rounds.NotArchivable):
        rounds.archive(autumn, actor=None)
