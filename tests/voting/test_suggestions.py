"""Suggestions: who may make them, how many, and that each gets its answer."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections, transaction

from audit.models import StaffAction
from letters.models import Letter
from limits import gates
from members.models import Membership, Patron
from newsroom import clock
from tests.conftest import WorldDatabase
from tests.signing_in import patron
from voting import similar, suggestions, topics
from voting.models import Suggestion, Topic

pytestmark = pytest.mark.database


def member(email: str = "olena@example.org", **fields: object) -> Patron:
    """A patron whose membership is paid for some weeks."""
    made = patron(email)
    Patron.objects.filter(pk=made.pk).update(**fields)
    made.refresh_from_db()
    Membership.objects.create(
        patron=made, amount_minor=500, currency="EUR", interval_months=1, monthly_minor=500,
        first_paid_at=clock.now(), paid_through=clock.today() + timedelta(days=20),
    )  # fmt: skip
    return made


def suggest(author: Patron, title: str = "Who owns the river port?", **more: Any) -> Suggestion:
    facts: dict[str, Any] = {"why": "It floods.", "links": "", "language": author.language} | more
    return suggestions.suggest(author, title=title, **facts)


def letters(author: Patron) -> list[Letter]:
    return list(Letter.objects.filter(patron=author, occasion="suggestion_answered").order_by("id"))


@pytest.mark.django_db
def test_members_suggest_and_nobody_else():
    with pytest.raises(suggestions.NotAMember):
        suggest(patron("reader@example.org"))
    lapsed = member("lapsed@example.org")
    lapsed.memberships.update(paid_through=clock.today() - timedelta(days=90))
    with pytest.raises(suggestions.NotAMember):
        suggest(lapsed)
    made = suggest(member())
    assert (made.state, made.answer_by) == ("suggested", clock.today() + timedelta(days=30))


@pytest.mark.django_db
def test_the_same_sent_twice_is_one_and_the_fourth_waits():
    author = member()
    assert suggest(author) == suggest(author)
    suggest(author, "Roads")
    third = suggest(author, "Schools")
    with pytest.raises(suggestions.TooMany):
        suggest(author, "Parks")
    suggestions.withdraw(third)
    suggest(author, "Parks")


@pytest.mark.django_db
def test_no_more_than_some_in_a_month_however_many_are_withdrawn():
    author = member()
    for number in range(suggestions.IN_A_MONTH):
        suggestions.withdraw(suggest(author, f"Road {number}"))
    with pytest.raises(suggestions.TooMany):
        suggest(author, "Parks")
    clock.move(timedelta(seconds=suggestions.MONTH + 1))
    author.memberships.update(paid_through=clock.today())
    suggest(author, "Parks")


def in_parallel(author: Patron, count: int) -> None:
    barrier = threading.Barrier(count)

    def run(number: int) -> None:
        barrier.wait()
        try:
            suggest(author, f"Road {number}")
        except suggestions.TooMany:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("is_protected", [True, False])
def test_many_tabs_do_not_go_past_the_limit(
    world_db: WorldDatabase, monkeypatch: pytest.MonkeyPatch, is_protected: bool
):
    author = member()
    monkeypatch.setattr(gates, "allow", lambda *_args, **_more: True)
    if not is_protected:
        # The control: whoever has counted waits for the others to have counted, too, and nothing holds them back.
        counted = threading.Barrier(6)
        monkeypatch.setattr(gates, "allow", lambda *_args, **_more: bool(counted.wait()) or True)
        monkeypatch.setattr(Patron.objects, "select_for_update", Patron.objects.all)
    in_parallel(author, 6)
    assert (Suggestion.objects.count() == suggestions.WAITING_AT_ONCE) == is_protected


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "uk"])
def test_every_answer_reaches_the_author(language: str):
    author, editor = member(language=language), patron("editor@example.org", "editor")
    other = topics.make(actor=editor, title_en="Waters", title_uk="Води")
    first, second, third = suggest(author), suggest(author, "Roads"), suggest(author, "Schools")
    suggestions.take_up(first, actor=editor)
    topic = suggestions.accept(first, actor=editor, answer="A good one.", title_en="The river port", shortlist=True)
    suggestions.merge(second, other, actor=editor)
    with pytest.raises(suggestions.AnswerMissing):
        suggestions.decline(third, actor=editor, answer=" ")
    suggestions.decline(third, actor=editor, answer="Covered <b>last</b> year.")
    assert (topic.state, topic.slug) == ("shortlisted", "the-river-port")
    accepted, merged, declined = letters(author)
    assert "A good one." in accepted.text
    assert "/topics/the-river-port/" in accepted.text
    assert "/topics/waters/" in merged.text
    assert "Covered <b>last</b> year." in declined.text
    assert "<b>" not in declined.html
    assert all(("Дякуємо" in letter.text) == (language == "uk") for letter in letters(author))
    actions = set(StaffAction.objects.values_list("action", flat=True))
    assert {"suggestion.review", "suggestion.accept", "suggestion.merge", "suggestion.decline"} <= actions
    assert author.email not in str(list(StaffAction.objects.values()))


@pytest.mark.django_db
def test_merging_is_undone_and_answered_anew():
    author, editor = member(), patron("editor@example.org", "editor")
    made, other = suggest(author), topics.make(actor=editor, title_en="Waters")
    suggestions.merge(made, other, actor=editor)
    suggestions.take_up(made, actor=editor)
    made.refresh_from_db()
    assert (made.state, made.topic, made.answer) == ("in_review", None, "")
    suggestions.decline(made, actor=editor, answer="Not ours.")
    assert len(letters(author)) == 2
    with pytest.raises(suggestions.NotAMove):
        suggestions.accept(made, actor=editor, title_en="Rivers")


@pytest.mark.django_db
def test_what_nobody_answers_is_answered_by_time_once_the_day_after():
    author = member(language="uk")
    made = suggest(author)
    clock.move(timedelta(days=30))
    assert suggestions.expire_due() == 0
    clock.move(timedelta(days=1))
    assert (suggestions.expire_due(), suggestions.expire_due()) == (1, 0)
    made.refresh_from_db()
    assert made.state == "expired"
    [letter] = letters(author)
    assert made.answer in letter.text
    assert "Редакція" in made.answer
    suggestions.take_up(made, actor=patron("editor@example.org", "editor"))
    assert suggestions.expire_due() == 0
    made.refresh_from_db()
    assert (made.state, made.answer_by) == ("in_review", clock.today() + suggestions.WARNS_BEFORE)


@pytest.mark.django_db
def test_a_subject_that_a_vote_would_endanger_is_named_nowhere():
    author, editor = member(), patron("editor@example.org", "editor")
    topic = suggestions.accept(suggest(author), actor=editor, title_en="A source", is_for_ballots=False)
    [letter] = letters(author)
    assert "Please keep it to yourself" in letter.text
    assert topic.slug not in letter.text
    assert topic not in Topic.objects.public()


@pytest.mark.django_db
def test_whoever_declined_such_letters_gets_none():
    author = member(declined_letters=["rounds"])
    suggestions.decline(suggest(author), actor=patron("editor@example.org", "editor"), answer="No.")
    assert letters(author) == []


@pytest.mark.django_db
def test_similar_topics_are_found_in_both_languages_and_any_inflection():
    port = topics.make(actor=None, title_en="Who owns the river port", title_uk="Кому належить річковий порт")
    school = topics.make(actor=None, title_en="School meals", title_uk="Шкільне харчування")
    topics.make(actor=None, title_en="Roads of the region", title_uk="Дороги області")
    hidden = topics.make(actor=None, title_en="River port smugglers", is_for_ballots=False)
    assert similar.to("Хто володіє річковим портом?") == [port]
    assert similar.to("The owners of our river port") == [port]
    assert similar.to("шкільного харчування") == [school]
    assert hidden not in similar.to("River port smugglers")
    assert similar.to("Electricity prices") == similar.to("?!") == similar.to("") == []


@pytest.mark.django_db(transaction=False)
def test_expiring_goes_on_by_pages(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(suggestions, "PAGE", 2)
    author = member()
    with transaction.atomic():
        for number in range(3):
            suggest(author, f"Road {number}")
    clock.move(timedelta(days=60))
    assert suggestions.expire_due() == 3
