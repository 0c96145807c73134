"""What comes of a vote is told: to a round's voters once, to followers of just their topic. A dump shows no follow."""

from datetime import timedelta

import pytest
from django.core import serializers

from letters import outbox
from letters.models import Letter
from members.models import Patron
from newsroom import clock
from stories.models import Story
from tests.signing_in import patron
from voting import announcements, follows, privacy, round_emails, topics
from voting.models import Announcement, Follow, RollEntry, Round, RoundTopic, Topic

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def decided(*titles: str, voters: list[Patron], absent: list[Patron] | None = None) -> tuple[Round, list[Topic]]:
    """A closed round that chose all of its topics."""
    now = clock.now()
    row = Round.objects.create(
        slug=f"round-{Round.objects.count()}", title_en="Spring", opens_at=now, closes_at=now + timedelta(days=7),
        scheduled_at=now, slots=len(titles),
    )  # fmt: skip
    stand = [topics.make(actor=None, title_en=title) for title in titles]
    for position, topic in enumerate(stand, 1):
        RoundTopic.objects.create(round=row, topic=topic, position=position)
    row.opened_at, row.configuration, row.configuration_digest = clock.now(), "{}", "a" * 64
    row.seed, row.nonce, row.key_fingerprint = "s", "n", "f"
    row.save()
    for topic in stand:
        topics.move(topic, "on_ballot")
    for voter in voters:
        RollEntry.objects.create(round=row, patron=voter, reason="joined", has_cast=True)
    for one in absent or []:
        RollEntry.objects.create(round=row, patron=one, reason="joined")
    Round.objects.filter(pk=row.pk).update(closed_at=clock.now(), nonce="")
    for topic in stand:
        topics.move(topic, "chosen")
    return row, stand


def publish(topic: Topic) -> None:
    topics.move(topic, "published", story=Story.objects.create(url=f"https://example.org/{topic.slug}", title="A"))


def written(occasion: str) -> list[str]:
    return sorted(Letter.objects.filter(occasion=occasion).values_list("to", flat=True))


def test_everybody_who_voted_is_told_once_when_the_story_is_out():
    voters = [patron(f"v{number}@example.org") for number in range(5)]
    row, [topic] = decided("Rivers", voters=voters, absent=[patron("absent@example.org")])
    assert announcements.write_due() == 0
    publish(topic)
    assert announcements.write_due() == 5
    assert written("round_stories") == [voter.email for voter in voters]
    assert "https://example.org/rivers" in Letter.objects.filter(occasion="round_stories")[0].text
    Announcement.objects.update(done_at=None)
    assert announcements.write_due() == 0
    assert list(topics.winners_of(row)) == [topic]


def test_several_stories_wait_for_one_another_and_make_one_letter():
    _row, [first, second, third] = decided("Rivers", "Roads", "Schools", voters=[patron()])
    publish(first)
    assert announcements.write_due() == 0
    publish(second)
    topics.move(third, "dropped", reason="The records are sealed.")
    assert announcements.write_due() == 1
    letter = Letter.objects.get(occasion="round_stories")
    assert "https://example.org/rivers" in letter.text
    assert "https://example.org/roads" in letter.text
    assert "still being worked on" not in letter.text


FIRST, SECOND = announcements.WAITS[1], announcements.WAITS[2]


def remind(of: Round, reader: Patron) -> None:
    outbox.write_many([round_emails.reminder(of, reader)])


def test_they_do_not_wait_for_ever_and_later_ones_make_a_second_letter_for_who_had_no_reminder():
    once, twice = patron("once@example.org"), patron("twice@example.org")
    row, [first, second, third, fourth] = decided("Rivers", "Roads", "Schools", "Mines", voters=[once, twice])
    remind(row, once)
    publish(first)
    clock.move(FIRST + timedelta(minutes=1))
    assert announcements.write_due() == 2
    told = {letter.to: letter.text for letter in Letter.objects.filter(occasion="round_stories")}
    assert "This is the last letter" in told[once.email]
    assert "At most one more letter" in told[twice.email]
    publish(second)
    assert announcements.write_due() == 0
    publish(third)
    clock.move(SECOND + timedelta(minutes=1))
    assert announcements.write_due() == 1
    letter = Letter.objects.filter(occasion="round_stories").latest("pk")
    assert letter.to == twice.email
    assert ("/rivers" in letter.text, "/roads" in letter.text, "/schools" in letter.text) == (False, True, True)
    assert "This is the last letter" in letter.text
    publish(fourth)
    assert announcements.write_due() == 0
    assert Announcement.objects.filter(round=row).count() == 2


def test_the_second_letter_goes_as_soon_as_nothing_more_is_to_come():
    _row, [first, second, third] = decided("Rivers", "Roads", "Schools", voters=[patron()])
    publish(first)
    clock.move(FIRST + timedelta(minutes=1))
    assert announcements.write_due() == 1
    topics.move(third, "dropped", reason="The records are sealed.")
    assert announcements.write_due() == 0
    publish(second)
    assert announcements.write_due() == 1
    assert announcements.write_due() == 0


def test_a_follower_whom_the_second_letter_passes_over_is_told_of_the_topic():
    once, twice = patron("once@example.org"), patron("twice@example.org")
    row, [first, second] = decided("Rivers", "Roads", voters=[once, twice])
    remind(row, once)
    for reader in (once, twice):
        follows.follow(reader, second)
    publish(first)
    clock.move(FIRST + timedelta(minutes=1))
    assert announcements.write_due() == 2
    publish(second)
    assert announcements.write_due() == 2
    assert written("round_stories") == [once.email, twice.email, twice.email]
    assert len(written("topic_told")) == 1


def test_a_story_linked_by_mistake_is_not_told():
    _row, [topic, _other] = decided("Rivers", "Roads", voters=[patron()])
    follows.follow(patron("follower@example.org"), topic)
    publish(topic)
    topics.move(topic, "in_reporting")
    clock.move(FIRST + timedelta(minutes=1))
    assert announcements.write_due() == 0
    Story.objects.all().delete()
    publish(topic)
    assert announcements.write_due() == 1
    assert len(written("topic_told")) == 1
    clock.move(FIRST + timedelta(minutes=1))
    assert announcements.write_due() == 1
    assert len(written("round_stories")) == 1


def test_pages_tell_everybody(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(announcements, "PAGE", 2)
    monkeypatch.setattr(follows, "PAGE", 2)
    voters = [patron(f"v{number}@example.org") for number in range(5)]
    _row, [topic] = decided("Rivers", voters=voters)
    fans = [patron(f"f{number}@example.org") for number in range(5)]
    for fan in fans:
        follows.follow(fan, topic)
    publish(topic)
    assert announcements.write_due() == 10
    assert len(written("round_stories")) == len(written("topic_told")) == 5


def test_followers_hear_of_their_topic_alone_and_a_voter_hears_once():
    voter, fan, other = patron("voter@example.org"), patron("fan@example.org"), patron("other@example.org")
    _row, [topic] = decided("Rivers", voters=[voter])
    roads = topics.make(actor=None, title_en="Roads")
    follows.follow(voter, topic)
    follows.follow(fan, topic)
    follows.follow(other, roads)
    publish(topic)
    assert announcements.write_due() == 2
    assert written("round_stories") == [voter.email]
    assert len(written("topic_told")) == 1
    topics.move(roads, "declined", reason="Covered.")
    assert announcements.write_due() == 1


def test_followers_of_merged_topics_are_one_crowd_until_it_is_undone():
    editor, one, two, both = (patron(f"{name}@example.org") for name in ("editor", "one", "two", "both"))
    rivers, waters, seas = (topics.make(actor=None, title_en=title) for title in ("Rivers", "Waters", "Seas"))
    follows.follow(one, rivers)
    follows.follow(two, waters)
    follows.follow(both, rivers)
    follows.follow(both, waters)
    topics.merge(rivers, waters, actor=editor)
    topics.merge(waters, seas, actor=editor)
    assert sorted(follows.followers(seas)) == sorted([one.pk, two.pk, both.pk])
    assert follows.of(one) == [seas]
    assert follows.is_following(one, seas)
    topics.unmerge(waters, actor=editor)
    assert follows.followers(seas) == []
    follows.unfollow(both, waters)
    assert sorted(follows.followers(waters)) == sorted([one.pk, two.pk])


def test_no_table_says_who_follows_what():
    fan, other = patron("fan@example.org"), patron("other@example.org")
    rivers, roads = (topics.make(actor=None, title_en=title) for title in ("Rivers", "Roads"))
    before = [serializers.serialize("json", Letter.objects.all())]
    follows.follow(fan, rivers)
    topics.move(rivers, "declined", reason="Covered.")
    topics.move(roads, "declined", reason="Covered.")
    assert announcements.write_due() == 1
    letter = Letter.objects.get(occasion="topic_told")
    tables = serializers.serialize("json", [*Follow.objects.all(), letter, *Announcement.objects.all()])
    for word in (fan.email, "Rivers", "rivers", f'"patron": {fan.pk}'):
        assert word not in tables
    # The same fields but the random ones, whoever follows and whichever topic.
    follows.follow(other, roads)
    Announcement.objects.update(done_at=None)
    announcements.write_due()
    told = Letter.objects.filter(occasion="topic_told")
    alike = {(one.patron_id, one.to, one.language, one.subject, len(one.key), len(one.sealed)) for one in told}
    assert (len(told), len(alike)) == (2, 1)
    assert before == ["[]"]


def test_what_a_patron_follows_is_taken_away_and_forgotten_with_them():
    fan, other = patron("fan@example.org"), patron("other@example.org")
    rivers, roads = (topics.make(actor=None, title_en=title) for title in ("Rivers", "Roads"))
    for one in (fan, other):
        follows.follow(one, rivers)
    follows.follow(fan, roads)
    assert privacy.rows(fan)["followed_topics"] == [{"topic": "roads"}, {"topic": "rivers"}]
    assert privacy.erase(fan, clock.now())["follows"] == 2
    assert follows.of(fan) == []
    assert follows.of(other) == [rivers]


def test_a_round_waits_for_the_state_of_its_winners():
    row, [topic, other] = decided("Rivers", "Roads", voters=[patron()])
    assert set(topics.without_state(row)) == {topic, other}
    topics.move(topic, "assigned")
    topics.move(other, "dropped", reason="The records are sealed.")
    assert not topics.without_state(row).exists()
