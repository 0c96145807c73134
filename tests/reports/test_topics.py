"""The editors' pages of suggestions and topics: every answer and every move, and never whose a suggestion is."""

from datetime import timedelta

import pytest
from django.test import Client

from audit.models import StaffAction
from letters.models import Letter
from members.models import Patron
from newsroom import clock
from newsroom.models import Newsroom
from stories.models import Story
from tests.signing_in import at_once, patron
from tests.voting import world
from tests.voting.test_announcements import decided
from tests.voting.test_suggestions import member, suggest
from voting import ballots, round_log, topics
from voting.methods.bundle import check_log
from voting.models import Suggestion, Topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor() -> Client:
    return at_once(patron("editor@example.org", "editor", second_factor=True))


@pytest.fixture
def author() -> Patron:
    return member("olena@example.org", name="Olena")


def post(client: Client, address: str, do: str, **fields: object) -> str:
    answer = client.post(address, {"do": do} | {f"{do}-{name}": value for name, value in fields.items()}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_editor_sees_what_waits_and_never_whose_it_is(editor: Client, author: Patron):
    made = suggest(author, "Who owns the port?", why="<b>It floods.</b>", links="https://example.org/a")
    named = suggest(author, "Roads", is_author_named=True)
    clock.move(timedelta(days=23))
    assert "expire" not in editor.get("/reports/suggestions/").content.decode()
    clock.move(timedelta(days=1))
    listed = editor.get("/reports/suggestions/").content.decode()
    assert "2 suggestions expire within 7 days unless they are answered" in listed
    assert listed.count("expires soon") == 2
    page = editor.get(f"/reports/suggestions/{made.pk}/").content.decode()
    assert "&lt;b&gt;It floods.&lt;/b&gt;" in page
    for word in (author.email, "Olena"):
        assert word not in listed + page
    assert "Olena" in editor.get(f"/reports/suggestions/{named.pk}/").content.decode()


def test_answers_are_given_undone_and_logged(editor: Client, author: Patron):
    first, second, third = suggest(author, "Rivers"), suggest(author, "Waters"), suggest(author, "Seas")
    assert "In review" in post(editor, f"/reports/suggestions/{first.pk}/", "take_up").replace("in review", "In review")
    assert "at least one language" in post(editor, f"/reports/suggestions/{first.pk}/", "accept", title_en="")
    post(
        editor,
        f"/reports/suggestions/{first.pk}/",
        "accept",
        title_en="The rivers",
        is_for_ballots="on",
        shortlist="on",
    )
    topic = Topic.objects.get()
    assert (topic.slug, topic.state, topic.is_for_ballots) == ("the-rivers", "shortlisted", True)
    post(editor, f"/reports/suggestions/{second.pk}/", "merge", topic=topic.pk, answer="The same river.")
    post(editor, f"/reports/suggestions/{second.pk}/", "take_up")
    second.refresh_from_db()
    assert (second.state, second.topic) == ("in_review", None)
    post(editor, f"/reports/suggestions/{third.pk}/", "decline", answer="")
    post(editor, f"/reports/suggestions/{third.pk}/", "decline", answer="Not ours.", public_reason="Others did it.")
    assert "answered or withdrawn meanwhile" in post(
        editor, f"/reports/suggestions/{third.pk}/", "decline", answer="No."
    )
    states = list(Suggestion.objects.order_by("id").values_list("state", flat=True))
    assert states == ["accepted", "in_review", "declined"]
    assert Letter.objects.filter(occasion="suggestion_answered", patron=author).count() == 3
    said = list(StaffAction.objects.filter(action__startswith="suggestion.").values_list("action", flat=True))
    assert said == [f"suggestion.{done}" for done in ("review", "accept", "merge", "undo", "decline")]


def test_a_topic_goes_its_way_to_the_story(editor: Client):
    _row, [topic] = decided("Rivers", voters=[])
    address = f"/reports/topics/{topic.pk}/"
    assert "1 chosen topic waits" in editor.get("/reports/topics/").content.decode()
    post(editor, address, "move", state="assigned")
    assert "Write the whole address" in post(editor, address, "move", state="published", story="rivers")
    assert "it is shown in public" in post(editor, address, "move", state="dropped")
    post(
        editor, address, "move", state="published", story="https://News.example.org/rivers/?utm=1", story_title="Rivers"
    )
    topic.refresh_from_db()
    assert (topic.state, str(topic.story)) == ("published", "Rivers")
    assert Story.objects.get().url == "https://news.example.org/rivers/"
    assert [change.actor.role for change in topic.changes.filter(actor__isnull=False) if change.actor] == ["editor"] * 2


def test_editors_do_not_do_what_rounds_do(editor: Client):
    topic = topics.make(actor=None, title_en="Rivers")
    for state in ("on_ballot", "chosen", "not_chosen", "merged", "assigned", "published"):
        post(editor, f"/reports/topics/{topic.pk}/", "move", state=state, reason="Because.")
        topic.refresh_from_db()
        assert topic.state == "open"


def test_the_next_in_the_order_takes_a_dropped_winners_place_and_no_other(editor: Client):
    Newsroom.objects.update(carry_overs=0)
    row = world.opened("a", "b", "c", "d", "e", method="approval", slots=2)
    for number, choices in enumerate(("abc", "abc", "abc", "adb", "adb", "abe", "ab")):
        ballots.cast(row, world.member(f"v{number}@example.org"), choices=list(choices))
    world.close(row)
    assert list(topics.winners_of(row).values_list("slug", flat=True)) == ["a", "b"]
    by = {topic.slug: topic for topic in Topic.objects.all()}
    assert {by[slug].state for slug in "cde"} == {"expired"}
    addresses = {slug: f"/reports/topics/{topic.pk}/" for slug, topic in by.items()}
    for slug in "abcde":
        assert "Give it the place" not in editor.get(addresses[slug]).content.decode()
        post(editor, addresses[slug], "replace", reason="I like it.")
        post(editor, addresses[slug], "move", state="chosen", reason="I like it.")
    for slug, after in (("a", "c"), ("b", "d")):
        topics.move(by[slug], "dropped", reason="The records are sealed.")
        page = editor.get(addresses[slug]).content.decode()
        assert f">{after.upper()}</a>" in page
        post(editor, addresses[slug], "replace", reason="")
        for _again in range(2):
            post(editor, addresses[slug], "replace", reason="The next in the order.")
        assert "Give it the place" not in editor.get(addresses[slug]).content.decode()
    assert list(Topic.objects.order_by("slug").values_list("slug", "state")) == [
        ("a", "dropped"), ("b", "dropped"), ("c", "chosen"), ("d", "chosen"), ("e", "expired"),
    ]  # fmt: skip
    assert list(topics.winners_of(row).order_by("slug").values_list("slug", flat=True)) == ["a", "b", "c", "d"]
    said = [(link.facts["dropped"], link.facts["topic"]) for link in row.log.filter(kind="replaced")]
    assert said == [("a", "c"), ("b", "d")]
    assert check_log(round_log.entries(row))["counted"] == row.results.get().digest
    assert StaffAction.objects.filter(action="topic.replace").count() == 2
    assert "in the place of “A”" in editor.get("/topics/c/").content.decode()


def test_words_merging_and_its_undoing(editor: Client):
    post(editor, "/reports/topics/new/", "x")
    editor.post("/reports/topics/new/", {"title_en": "Rivers", "is_for_ballots": "on"})
    topic, other = Topic.objects.get(slug="rivers"), topics.make(actor=None, title_en="Waters")
    address = f"/reports/topics/{topic.pk}/"
    post(editor, address, "word", title_uk="Річки", title_en="Rivers", pitch_en="<b>Dry</b>", is_for_ballots="on")
    topic.refresh_from_db()
    assert topic.title("uk") == "Річки"
    assert "<b>Dry" not in editor.get("/topics/rivers/").content.decode()
    post(editor, address, "merge", topic=other.pk)
    topic.refresh_from_db()
    assert topic.merged_into == other
    post(editor, address, "unmerge")
    topic.refresh_from_db()
    assert topic.state == "open"
