"""The public pages of topics: the board, a topic's life, suggesting and following."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from members.models import Patron
from newsroom import clock
from tests.signing_in import at_once, patron
from tests.voting.test_announcements import decided, publish
from tests.voting.test_suggestions import member
from voting import follows, suggestions, topics
from voting.models import Suggestion

pytestmark = pytest.mark.django_db
SUGGESTED: dict[str, Any] = {"title": "Who owns the port?", "why": "It floods.", "links": "", "language": "en"}


@pytest.fixture
def olena() -> Patron:
    return member(name="Olena")


def send(client: Client, **fields: Any) -> Any:
    return client.post("/topics/suggest/", SUGGESTED | fields)


def test_the_board_counts_what_was_promised_and_what_came_of_it(client: Client):
    _row, [rivers, roads, schools] = decided("Rivers", "Roads", "Schools", voters=[])
    clock.move(timedelta(days=12))
    publish(rivers)
    topics.move(roads, "dropped", reason="The records are <sealed>.")
    topics.make(actor=None, title_en="Parks", is_for_ballots=False)
    waiting = topics.make(actor=None, title_en="Trams")
    page = client.get("/topics/").content.decode()
    figures = dict(_figures(page))
    assert figures == {
        "chosen by patrons": "3", "stories out": "1", "being worked on": "1", "dropped, with a reason": "1",
        "days from choice to story, in the middle": "12",
    }  # fmt: skip
    assert "after 12 days" in page
    assert "https://example.org/rivers" in page
    assert "The records are &lt;sealed&gt;." in page
    assert waiting.title_en in page
    assert "Parks" not in page
    assert schools.title_en in page


def test_a_declined_suggestion_says_in_public_what_its_editor_chose_to_say_and_no_more(client: Client, olena: Patron):
    editor = patron("editor@example.org", "editor")
    kept, told = (
        suggestions.suggest(olena, title=title, why="My neighbour", links="", language="en")
        for title in ("Who owns the port?", "Who owns the mill?")
    )
    suggestions.decline(kept, actor=editor, answer="Not ours.")
    suggestions.decline(told, actor=editor, answer="Not ours.", public_reason="Of <mills> we have written enough.")
    page = client.get("/topics/").content.decode()
    assert "Of &lt;mills&gt; we have written enough." in page
    assert not [word for word in ("port?", "mill?", "neighbour", "Not ours", "Olena") if word in page]
    suggestions.take_up(told, actor=editor)
    assert "mills" not in client.get("/topics/").content.decode()


def _figures(page: str) -> list[tuple[str, str]]:
    return re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", page)


def test_the_board_takes_as_many_queries_for_many_topics(client: Client, django_assert_max_num_queries: Any):
    client.get("/topics/")
    for number in range(30):
        publish(decided(f"Rivers {number}", voters=[])[1][0])
    with django_assert_max_num_queries(24):
        assert client.get("/topics/").status_code == 200


def test_a_topic_shows_its_life_its_reasons_and_its_story(client: Client):
    _row, [topic] = decided("Rivers", voters=[])
    topics.move(topic, "assigned", reason="A reporter is <on it>.")
    publish(topic)
    page = client.get("/topics/rivers/").content.decode()
    assert all(
        word in page for word in ("Chosen: Spring", "A reporter is &lt;on it&gt;.", "https://example.org/rivers")
    )
    assert "Follow" not in page


def test_what_is_merged_leads_on_and_what_is_not_for_readers_is_not_there(client: Client):
    editor, one, two = patron("e@example.org"), *(topics.make(actor=None, title_en=t) for t in ("Rivers", "Waters"))
    topics.merge(one, two, actor=editor)
    assert client.get("/topics/rivers/").headers["Location"] == "/topics/waters/"
    topics.make(actor=None, title_en="Hidden", is_for_ballots=False)
    assert client.get("/topics/hidden/").status_code == client.get("/topics/nothing/").status_code == 404
    assert "hidden" not in client.get("/topics/words.json").content.decode()


def test_a_member_suggests_and_sees_when_the_answer_comes(olena: Patron):
    client = at_once(olena)
    assert "you have an answer by" in client.get("/topics/suggest/").content.decode()
    answer = send(client, links="https://example.org/a\r\nhttps://example.org/b")
    assert answer.headers["Location"] == "/account/topics/"
    made = Suggestion.objects.get()
    assert (made.author, made.links, made.is_author_named) == (
        olena, "https://example.org/a\nhttps://example.org/b", False,
    )  # fmt: skip
    page = client.get("/account/topics/").content.decode()
    assert "Who owns the port?" in page
    assert "an answer comes by" in page
    client.post("/account/topics/", {"do": "withdraw", "suggestion": str(made.reference)})
    made.refresh_from_db()
    assert made.state == "withdrawn"


def test_without_a_script_similar_topics_are_asked_about_once(olena: Patron):
    client, port = at_once(olena), topics.make(actor=None, title_en="Who owns the river port")
    page = send(client).content.decode()
    assert "Is it one of these?" in page
    assert "Who owns the river port" in page
    assert not Suggestion.objects.exists()
    client.post("/topics/follow/", {"topic": port.slug})
    assert follows.is_following(olena, port)
    assert send(client, asked=SUGGESTED["title"]).status_code == 302
    assert Suggestion.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""), ("title", "x" * 121), ("title", "a\u202eb"), ("title", "a\u200bb"), ("why", "x" * 2001),
        ("why", "\u2066hidden"), ("links", "javascript:alert(1)"), ("links", "port"), ("links", "https://a.org " * 6),
        ("language", "de"),
    ],
)  # fmt: skip
def test_bad_words_are_refused_on_the_same_page_and_kept_there(olena: Patron, field: str, value: str):
    answer = send(at_once(olena), **{field: value})
    assert answer.status_code == 422
    assert "Not sent yet" in answer.content.decode()
    assert not Suggestion.objects.exists()


def test_what_cannot_be_read_is_answered_so(olena: Patron):
    assert send(at_once(olena), title="a\x00b").status_code == 400
    assert at_once(olena).post("/topics/follow/", {"topic": "a\x00b"}).status_code == 404
    assert at_once(olena).post("/account/topics/", {"do": "unfollow", "topic": "\x00"}).status_code == 404
    assert at_once(olena).post("/account/topics/", {"do": "withdraw", "suggestion": "1' OR 1=1"}).status_code == 404


def test_markup_in_a_suggestion_is_text(olena: Patron):
    client = at_once(olena)
    send(client, title="<script>alert(1)</script>", why="<img src=x onerror=alert(1)>")
    assert "<script>alert" not in client.get("/account/topics/").content.decode()


def test_limits_are_said_on_the_page(olena: Patron):
    client = at_once(olena)
    for number in range(suggestions.WAITING_AT_ONCE):
        assert send(client, title=f"Road number {number}").status_code == 302
    answer = send(client, title="Another")
    assert answer.status_code == 422
    assert "can wait for an answer" in answer.content.decode()


def test_whoever_is_no_member_is_told_how_to_become_one():
    page = at_once(patron("reader@example.org")).get("/topics/suggest/").content.decode()
    assert "Members suggest topics" in page
    assert 'name="title"' not in page


def test_an_author_is_named_only_where_they_wish_and_can_take_it_back(olena: Patron, client: Client):
    editor, signed_in = patron("editor@example.org", "editor"), at_once(olena)
    send(signed_in, named="on")
    made = Suggestion.objects.get()
    topic = suggestions.accept(made, actor=editor, title_en="The port")
    assert "Suggested by Olena" in client.get(f"/topics/{topic.slug}/").content.decode()
    signed_in.post("/account/topics/", {"do": "unname", "suggestion": str(made.reference)})
    assert "Olena" not in client.get(f"/topics/{topic.slug}/").content.decode()


def test_following_names_the_topic_in_the_body_and_nowhere_else(olena: Patron, client: Client):
    topic, signed_in = topics.make(actor=None, title_en="Rivers"), at_once(olena)
    assert client.post("/topics/follow/", {"topic": "rivers"}).headers["Location"].startswith("/account/login/")
    answer = signed_in.post("/topics/follow/", {"topic": "rivers"})
    assert answer.headers["Location"] == "/account/topics/"
    assert "rivers" not in str(answer.headers) + str(dict(signed_in.session))
    assert "Rivers" in signed_in.get("/account/topics/").content.decode()
    assert "You follow this topic" in signed_in.get("/topics/rivers/").content.decode()
    signed_in.post("/topics/follow/", {"topic": "rivers", "do": "stop"})
    assert not follows.is_following(olena, topic)
    assert signed_in.post("/topics/follow/", {"topic": "nothing"}).status_code == 404


def test_the_words_to_compare_with_are_the_same_for_everybody(olena: Patron, client: Client):
    topics.make(actor=None, title_en="Rivers", title_uk="Річки")
    send(at_once(olena), title="Private so far")
    answers = [one.get("/topics/words.json") for one in (client, at_once(olena))]
    assert answers[0].content == answers[1].content
    assert [row["slug"] for row in json.loads(answers[0].content)["topics"]] == ["rivers"]
    assert "public" in answers[0].headers["Cache-Control"]


def test_a_patron_sees_what_came_of_the_rounds_they_voted_in(olena: Patron):
    for number in range(3):
        publish(decided(f"Rivers {number}", voters=[olena])[1][0])
    _row, [topic, _other] = decided("Roads", "Parks", voters=[olena])
    topics.move(topic, "dropped", reason="No.")
    decided("Elsewhere", voters=[], absent=[olena])
    page = " ".join(at_once(olena).get("/account/topics/").content.decode().split())
    assert "You voted in 4 rounds, 3 chosen stories are out" in page
    assert "Elsewhere" not in page
