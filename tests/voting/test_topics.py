"""Topics move along their table, and what was not chosen too often expires."""

import json

import pytest
from django.db import IntegrityError, transaction

from audit.models import StaffAction
from newsroom.models import Newsroom
from stories.models import Story
from tests.signing_in import patron
from tests.voting.world import close, member, opened
from voting import ballots, topics
from voting.models import Announcement, Topic, TopicChange, TopicState
from voting.publication import Published

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def topic() -> Topic:
    return topics.make(actor=None, title_en="Rivers", title_uk="Річки")


@pytest.mark.parametrize("state", TopicState.values)
def test_every_move_is_in_the_table_or_refused(topic: Topic, state: str):
    story = Story.objects.create(url="https://example.org/rivers")
    other = topics.make(actor=None, title_en="Roads")
    for after in TopicState.values:
        Topic.objects.filter(pk=topic.pk).update(
            state=state,
            is_for_ballots=after != "assigned",
            merged_into=other if state == "merged" else None,
            story=story,
        )
        topic.refresh_from_db()
        if after == "merged" or after not in topics.MOVES[TopicState(state)]:
            if after != "merged":
                with pytest.raises(topics.NotAMove):
                    topics.move(topic, after, reason="Because.", story=story)
            continue
        assert topics.move(topic, after, reason="Because.", story=story).state == after
        assert topic.state == after


def test_a_move_is_kept_with_its_reason_and_logged_with_its_actor(topic: Topic):
    editor = patron("editor@example.org", "editor")
    with pytest.raises(topics.ReasonMissing):
        topics.move(topic, "declined", actor=editor, reason=" ")
    topics.move(topic, "declined", actor=editor, reason="Covered last month.")
    assert [(change.state, change.reason, change.actor) for change in topic.changes.all()] == [
        ("open", "", None),
        ("declined", "Covered last month.", editor),
    ]
    link = StaffAction.objects.latest("id")
    assert (link.action, link.target, link.reason) == ("topic.move", f"topic:{topic.pk}", "Covered last month.")


def test_a_published_topic_has_its_story_and_loses_it_when_another_was_meant(topic: Topic):
    story = Story.objects.create(url="https://example.org/rivers")
    Topic.objects.filter(pk=topic.pk).update(state="in_reporting")
    with pytest.raises(topics.StoryMissing):
        topics.move(topic, "published")
    topics.move(topic, "published", story=story)
    assert topic.story == story
    topics.move(topic, "in_reporting")
    assert topic.story is None


def test_what_is_not_chosen_too_often_expires(topic: Topic):
    Newsroom.objects.update(carry_overs=1)
    for state in ("on_ballot", "not_chosen", "on_ballot", "not_chosen"):
        topics.move(topic, state)
    assert (topic.state, topic.times_not_chosen) == ("expired", 2)
    assert Announcement.objects.filter(change__topic=topic).count() == 1


def test_a_topic_that_a_vote_would_endanger_comes_on_no_ballot_and_on_no_page(topic: Topic):
    topics.word(topic, actor=patron("editor@example.org", "editor"), is_for_ballots=False)
    with pytest.raises(topics.NotForABallot):
        topics.move(topic, "on_ballot")
    assert topic not in Topic.objects.public()
    topics.move(topic, "assigned")
    assert topic not in Topic.objects.public()
    topics.move(topic, "published", story=Story.objects.create(url="https://example.org/rivers"))
    assert topic in Topic.objects.public()
    assert topic not in Topic.objects.promised()


def test_words_stay_once_patrons_vote(topic: Topic):
    editor = patron("editor@example.org", "editor")
    topics.word(topic, actor=editor, title_en="The rivers")
    topics.move(topic, "on_ballot")
    with pytest.raises(topics.OnABallot):
        topics.word(topic, actor=editor, title_en="Dry rivers")
    topic.refresh_from_db()
    assert topic.title_en == "The rivers"


@pytest.mark.parametrize("state", [state for state in TopicState if TopicState.MERGED in topics.MOVES[state]])
def test_merging_is_undone_to_where_the_topic_was(state: TopicState):
    editor, other = patron("editor@example.org", "editor"), topics.make(actor=None, title_en="Waters")
    Newsroom.objects.update(carry_overs=1)
    spring = opened("rivers")
    topic = spring.entries.get().topic
    topics.move(topic, "not_chosen")
    Topic.objects.filter(pk=topic.pk).update(state=state)
    TopicChange.objects.create(topic=topic, state=state)
    topics.merge(topic, other, actor=editor)
    assert (topic.state, topic.merged_into) == ("merged", other)
    topics.unmerge(topic, actor=editor)
    assert (topic.state, topic.merged_into, topic.times_not_chosen) == (state, None, 1)
    assert topic.changes.filter(round=spring).count() == 1
    assert not Announcement.objects.exists()


def test_what_patrons_voted_on_is_not_merged(topic: Topic):
    editor, other = patron("editor@example.org", "editor"), topics.make(actor=None, title_en="Waters")
    with pytest.raises(topics.NotMergeable):
        topics.merge(topic, topic, actor=editor)
    topics.move(topic, "on_ballot")
    for one, into in ((topic, other), (other, topic)):
        with pytest.raises(topics.NotMergeable):
            topics.merge(one, into, actor=editor)


def test_addresses_are_made_of_titles_in_any_letters():
    made = [
        topics.make(actor=None, title_uk=title).slug
        for title in ("Щука в Дніпрі", "Щука в Дніпрі", "None", "日本", "x" * 100)
    ]
    assert made == ["shchuka-v-dnipri", "shchuka-v-dnipri-2", "topic-none", "topic", "x" * 34]


def test_a_place_passes_over_what_was_decided_since_and_is_given_once_however_small_the_round():
    editor, spring = patron("editor@example.org", "editor"), opened("a", "b", "c")
    ballots.cast(spring, member(), choices=["a", "b", "c"])
    close(spring)
    assert Published(spring.results.get()).level == "winners"
    count = json.loads(spring.results.get().text)["count"]
    winner, second, third = (Topic.objects.get(slug=slug) for slug in count["chosen"] + count["reserve"])
    with pytest.raises(topics.NoneIsNext):
        topics.replace(winner, reason="Why not.", actor=editor)
    topics.move(winner, "dropped", reason="Sealed.")
    assert topics.next_for(winner) == second
    topics.move(second, "declined", reason="Not ours.")
    with pytest.raises(topics.ReasonMissing):
        topics.replace(winner, reason=" ", actor=editor)
    assert topics.replace(winner, reason="It is next.", actor=editor) == third
    topics.move(second, "open")
    topics.move(winner, "assigned")
    topics.move(winner, "dropped", reason="Sealed again.")
    with pytest.raises(topics.NoneIsNext):
        topics.replace(winner, reason="It is next.", actor=editor)
    with pytest.raises(IntegrityError), transaction.atomic():
        TopicChange.objects.create(topic=second, state="chosen", round=spring, instead_of=winner)
