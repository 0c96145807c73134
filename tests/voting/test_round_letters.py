"""The letters of a round: to whom, once each, and what they never say."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from letters import outbox
from letters.models import Letter
from members.models import Membership, Patron
from newsroom import clock
from tests.conftest import WorldDatabase
from tests.voting import world
from voting import ballots, round_letters
from voting.models import Mailing, Round

HOUR = timedelta(hours=1)


def told(occasion: str) -> set[str]:
    return set(Letter.objects.filter(occasion=occasion).values_list("to", flat=True))


def spring(**fields: Any) -> Round:
    now = clock.now()
    return world.opened(reminds_at=now + 48 * HOUR, closes_at=now + 96 * HOUR, **fields)


@pytest.mark.django_db
def test_each_is_told_what_concerns_them_and_once():
    voter, sleeper = world.member("voter@example.org"), world.member("sleeper@example.org")
    declined = world.member("declined@example.org")
    declined.declined_letters = ["rounds"]
    declined.save()
    Patron.objects.create(email="reader@example.org")
    gone = world.member("gone@example.org", paid=clock.now() - timedelta(days=90))
    uk = world.member("uk@example.org")
    Patron.objects.filter(pk=uk.pk).update(language="uk")
    of = spring()
    assert round_letters.write_due() == 3
    assert round_letters.write_due() == 0
    assert told("round_opened") == {voter.email, sleeper.email, uk.email}
    ballots.cast(of, voter, choices=["roads"])
    clock.move(48 * HOUR)
    newcomer = world.member("newcomer@example.org")
    assert round_letters.write_due() == 3
    assert told("round_reminder") == {sleeper.email, uk.email, newcomer.email}
    assert round_letters.write_due() == 0
    ballots.cast(of, uk, choices=["roads", "rivers"])
    world.close(of)
    assert round_letters.write_due() == 2
    assert round_letters.write_due() == 0
    assert told("round_result") == {voter.email, uk.email}
    assert gone.email not in set(Letter.objects.values_list("to", flat=True))
    assert max(Letter.objects.filter(to=who.email).count() for who in (voter, sleeper, uk)) <= 3
    before = Letter.objects.exclude(occasion="round_result")
    assert [letter for letter in before if "roads" in (letter.text + letter.html).lower()] == []
    result = Letter.objects.get(occasion="round_result", to=voter.email)
    assert "Chosen: Roads" in result.text
    assert "/rounds/spring/results/" in result.text
    assert "/letters/stop/" in result.text
    assert "Обрано: roads" in Letter.objects.get(occasion="round_result", to=uk.email).text


@pytest.mark.django_db
def test_where_the_roll_was_made_at_the_opening_only_it_is_written_to():
    early = world.member("early@example.org")
    spring(eligibility="at_open")
    world.member("late@example.org")
    round_letters.write_due()
    assert told("round_opened") == {early.email}


@pytest.mark.django_db
def test_whose_membership_ended_meanwhile_is_not_reminded():
    stays, leaves = world.member("stays@example.org"), world.member("leaves@example.org")
    spring()
    round_letters.write_due()
    Membership.objects.filter(patron=leaves).update(ended_at=clock.now(), end_reason="cancelled")
    clock.move(48 * HOUR)
    round_letters.write_due()
    assert told("round_reminder") == {stays.email}


@pytest.mark.django_db
def test_nothing_is_said_after_the_close_and_old_results_are_no_news():
    world.member("olena@example.org")
    of = spring()
    clock.move(96 * HOUR)
    assert round_letters.write_due() == 0
    world.close(of)
    clock.move(timedelta(days=8))
    assert round_letters.write_due() == 0
    assert Letter.objects.filter(occasion__startswith="round_").count() == 0


@pytest.mark.django_db
def test_a_result_without_a_winner_says_so():
    voter = world.member("olena@example.org")
    of = spring(minimum_turnout=5)
    ballots.cast(of, voter, choices=["roads"])
    world.close(of)
    round_letters.write_due()
    letter = Letter.objects.get(occasion="round_result")
    assert "no topic was chosen" in letter.text
    assert "Chosen:" not in letter.text


@pytest.mark.django_db
def test_many_are_written_page_by_page_and_a_killed_run_goes_on(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(round_letters, "PAGE", 10)
    world.members(35)
    spring()
    pages: list[int] = []
    write_many = outbox.write_many

    def dies_on_the_third(drafts: Any) -> Any:
        if len(pages) == 2:
            raise KeyboardInterrupt
        pages.append(len(drafts))
        return write_many(drafts)

    monkeypatch.setattr(outbox, "write_many", dies_on_the_third)
    with pytest.raises(KeyboardInterrupt):
        round_letters.write_due()
    assert len(told("round_opened")) == 20
    monkeypatch.setattr(outbox, "write_many", write_many)
    assert round_letters.write_due() == 15
    assert len(told("round_opened")) == 35
    assert Mailing.objects.get().reached == 0


def test_two_runs_at_once_write_each_letter_once(world_db: WorldDatabase, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(round_letters, "PAGE", 7)
    world.members(60)
    spring()
    start, written = threading.Barrier(3), []

    def run() -> None:
        start.wait()
        written.append(round_letters.write_due())
        connection.close()

    runs = [threading.Thread(target=run) for _ in range(3)]
    for one in runs:
        one.start()
    for one in runs:
        one.join()
    # One that found the mailing held leaves the rest to the holder.
    assert sum(written) + round_letters.write_due() == 60
    assert Letter.objects.filter(occasion="round_opened").count() == 60
