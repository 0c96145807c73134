"""The whole thread: a suggestion becomes a topic, wins a round, is assigned, published, and the voters are told."""

import re
from datetime import timedelta

import pytest

from letters.models import Letter
from newsroom import clock
from tests.signing_in import at_once, patron
from tests.voting import world
from voting import announcements, rounds, topics
from voting.models import Suggestion, Topic

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def letters(occasion: str) -> list[str]:
    return sorted(Letter.objects.filter(occasion=occasion).values_list("to", flat=True))


def test_from_a_suggestion_to_the_letter_that_its_story_is_out():
    author, *voters = [world.member(f"{name}@example.org") for name in ("author", "one", "two", "three", "absent")]
    absent, editor = voters.pop(), patron("editor@example.org", "editor", second_factor=True)
    desk, olena = at_once(editor), at_once(author)
    for title in ("School meals", "Roads of the region"):
        topics.make(actor=editor, title_en=title)

    # A member suggests; nobody reads it before an editor does.
    olena.post("/topics/suggest/", {"title": "Who owns the river port?", "why": "It floods.", "language": "en"})
    suggestion = Suggestion.objects.get()
    assert "river port" not in olena.get("/topics/").content.decode()

    # The editor accepts it in neutral words; the author is told.
    desk.post(
        f"/reports/suggestions/{suggestion.pk}/",
        {"do": "accept", "accept-title_en": "The owners of the river port", "accept-is_for_ballots": "on"},
    )
    topic = Topic.objects.get(suggestions=suggestion)
    assert letters("suggestion_answered") == [author.email]
    assert "The owners of the river port" in olena.get("/topics/").content.decode()

    # It stands in a round, is voted on, and wins.
    now = clock.now()
    spring = rounds.draft(
        actor=editor, slug="spring", title_en="Spring", opens_at=now, closes_at=now + timedelta(days=7)
    )
    rounds.set_topics(spring, [(row, 1) for row in Topic.objects.order_by("id")], actor=editor)
    rounds.schedule(spring, actor=editor)
    assert rounds.open_due() == 1
    at_once(absent).post("/topics/follow/", {"topic": topic.slug})
    for voter in (author, *voters):
        answer = at_once(voter).post("/rounds/spring/", {"choice": [topic.slug]})
        assert "Your ballot is in" in answer.content.decode()
    spring.refresh_from_db()
    world.close(spring)
    topic.refresh_from_db()
    assert topic.state == "chosen"
    assert list(topics.winners_of(spring)) == [topic]

    # A round is not put away while nobody has said what comes of its winner.
    with pytest.raises(rounds.NotArchivable):
        rounds.archive(spring, actor=editor)

    # It is assigned, reported, published.
    page = f"/reports/topics/{topic.pk}/"
    desk.post(page, {"do": "move", "move-state": "assigned"})
    desk.post(page, {"do": "move", "move-state": "in_reporting"})
    clock.move(timedelta(days=20))
    story = {"move-story": "https://news.example.org/port/", "move-story_title": "The port"}
    desk.post(page, {"do": "move", "move-state": "published", **story})

    # Everybody who voted is told, the follower too, each once.
    announcements.write_due()
    announcements.write_due()
    assert letters("round_stories") == sorted(one.email for one in (author, *voters))
    assert len(letters("topic_told")) == 1
    assert "https://news.example.org/port/" in Letter.objects.filter(occasion="round_stories")[0].text
    rounds.archive(spring, actor=editor)

    # The board and the account say what came of it.
    board = olena.get("/topics/").content.decode()
    assert dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", board))["stories out"] == "1"
    assert "after 20 days" in board
    mine = " ".join(olena.get("/account/topics/").content.decode().split())
    assert "You voted in 1 round, 1 chosen story is out" in mine
    life = olena.get(f"/topics/{topic.slug}/").content.decode()
    assert all(word in life for word in ("Chosen: Spring", "Assigned", "In reporting", "Published"))
