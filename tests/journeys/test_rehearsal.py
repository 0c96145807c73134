"""Staff play with an invented patron what real ones live through, and see what follows where it always stands."""

from datetime import timedelta

import pytest
from django.test import Client

from audit.models import StaffAction
from letters.models import Letter
from newsroom import clock
from payments.models import Dispute, Donation, Payment, StripeEvent
from tests.journeys.conftest import World
from tests.reports.test_pages_of_figures import words
from tests.signing_in import at_once, patron

PAGE = "/reports/rehearsal/"
ADDRESS = "eve+rehearsal@newsroom.example"


@pytest.fixture
def eve(story: World) -> Client:
    return at_once(patron("eve@newsroom.example", "support", second_factor=True))


def play(browser: Client, act: str) -> str:
    answer = browser.post(PAGE, {"act": act}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def occasions() -> set[str]:
    return set(Letter.objects.filter(to=ADDRESS).values_list("occasion", flat=True))


def test_everything_is_played_and_seen(story: World, eve: Client) -> None:
    assert "Nobody has joined yet" in eve.get(PAGE).content.decode()
    assert "Done." in play(eve, "join")
    story.settle()
    page = eve.get(PAGE).content.decode()
    assert ADDRESS in page
    assert Payment.objects.get().state == "succeeded"
    assert {"welcome", "receipt"} <= occasions()

    for act in ("decline", "month"):
        assert "Done." in play(eve, act)
    story.settle()
    assert Donation.objects.get().subscription_status == "past_due"
    assert "payment_failed" in occasions()
    assert "€3.00 a month · past due" in words(eve.get(PAGE).content.decode())
    in_ukrainian = eve.get(PAGE, headers={"Accept-Language": "uk"}).content.decode()
    assert "3,00 € на місяць · прострочена" in words(in_ukrainian)
    play(eve, "mend")
    story.advance(days=8)
    assert Donation.objects.get().subscription_status == "active"
    assert "recovered" in occasions()

    play(eve, "dispute")
    story.settle()
    assert "disputed" in eve.get(PAGE).content.decode()
    assert "Done." in play(eve, "won")
    story.settle()
    assert Dispute.objects.get().status == "won"

    assert "The sandbox refused that" in play(eve, "refund"), "as Stripe refuses what was disputed"
    play(eve, "month")
    story.settle()
    assert "Done." in play(eve, "refund")
    story.settle()
    assert "refunded" in occasions()
    assert set(StaffAction.objects.values_list("action", flat=True)) == {
        f"rehearsal.{act}" for act in ("join", "decline", "month", "mend", "dispute", "won", "refund")
    }


def test_what_was_missed_is_found(story: World, eve: Client) -> None:
    play(eve, "join")
    story.settle()
    heard, paid = StripeEvent.objects.count(), Payment.objects.count()
    play(eve, "deaf")
    play(eve, "month")
    story.advance(hours=2)
    assert (StripeEvent.objects.count(), Payment.objects.count()) == (heard, paid)
    play(eve, "hear")
    story.advance(hours=2)
    assert Payment.objects.count() == paid + 1


def test_what_cannot_be_played_yet_is_said_and_changes_nothing(story: World, eve: Client) -> None:
    before = clock.now()
    for act in ("decline", "mend", "refund", "dispute"):
        assert "Nobody has joined yet: begin with the first button" in play(eve, act)
    assert "Done." not in play(eve, "anything else")
    play(eve, "join")
    story.settle()
    assert "No dispute is open" in play(eve, "won")
    assert StaffAction.objects.count() == 1
    assert clock.now() - before < timedelta(hours=1)


def test_the_sandbox_away_is_said(story: World, eve: Client, settings: object) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"  # type: ignore[attr-defined]
    assert "The sandbox does not answer." in play(eve, "deaf")
    assert not StaffAction.objects.exists()
