"""Somebody with a name and address that nobody else has lives through everything, and is erased everywhere."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.db import connection
from django.db.models import Model, Q
from pytest_django import Settings

from config import books
from letters.models import Letter
from letters.privacy import EMPTY
from members.models import Consent, Patron
from newsroom import clock
from payments import gateway, reconciliation, replay, stripe_events
from payments.models import Donation, Invoice
from people import erasure
from tests import everywhere
from tests.journeys import canary
from tests.journeys.canary import ADDRESS, CANARY, NAME, WORDS
from tests.journeys.conftest import World
from tests.payments import universes
from voting.models import Follow, Suggestion

# A letter to those who follow a topic is sealed: its row says of nobody to whom it went.
VOTING = ("suggestion_answered", "round_opened", "round_result")


@pytest.fixture(autouse=True)
def file(settings: Settings, tmp_path: Path) -> Path:
    place = tmp_path / "erased.txt"
    settings.ERASED_FILE = str(place)
    return place


def totals() -> dict[str, Any]:
    proof = books.prove()
    return {name: proof[name] for name in ("received", "settled")}


def test_nothing_of_the_erased_is_left_and_the_books_are_as_before(
    story: World, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], file: Path
) -> None:
    patron = canary.lives(story)
    customers = canary.gifts_of(patron)
    assert len(customers) > 1
    before = everywhere.found(*CANARY)
    # The scan sees: without this, finding nothing afterwards would say nothing.
    assert {
        "members_patron.email", "payments_donation.message", "payments_stripeevent.body", "letters_letter.text",
        "people_export.file", "a session", "a receipt", "members_giftmembership.giver_name",
        "members_giftmembership.recipient_email", "members_addresschange.before", "members_addresschange.after",
        "letters_stoppedaddress.address", "letters_letter.html", "letters_letter.to", "mfa_authenticator.data",
        "people_note.text", "payments_leaving.words", "payments_statement.giver", "payments_payment.shown_as",
        "a statement", "voting_suggestion.title", "voting_suggestion.why", "voting_suggestion.links",
        "voting_suggestion.answer", "reports_tableexportpart.content",
    } <= set(before)  # fmt: skip
    sums = totals()
    with universes.copied():
        _is_erased(story, patron, file)
        assert totals() == sums
        assert all(not gateway.has_customer(customer) for customer in customers)
        said = caplog.text + "".join(capfd.readouterr()) + file.read_text()
        assert [form for text in CANARY for form in everywhere.forms(text) if form.casefold() in said.casefold()] == []
        _stays_erased_when_derived_again(story, patron)
        stripe, now = _at_stripe(), clock.now()
    # Here the database is as it was before the erasure: an older copy was restored. Stripe has gone on meanwhile.
    assert everywhere.found(*CANARY) == before
    _bring_to_stripe(story, stripe, now)
    _is_erased_again(story, file)
    assert totals() == sums


def _is_erased(story: World, patron: Patron, file: Path) -> None:
    erasure.ask(patron)
    done = erasure.erase(patron)
    assert done.erased_at
    story.settle()
    assert erasure.carry_on() == 0
    story.settle()
    left = everywhere.found(*CANARY)
    assert not left, " ".join(left)
    story.books()
    assert not Donation.objects.running().exists()
    assert not Consent.objects.filter(patron=patron).exists()
    assert not Follow.objects.exists()
    assert not Suggestion.objects.filter(Q(author=patron) | Q(is_author_named=True)).exists()
    assert not Letter.objects.filter(occasion__in=VOTING).exclude(text="", to=EMPTY["to"]).exists()
    assert len(file.read_text().splitlines()) == 2  # one for each address that was theirs
    last = mail.outbox[-1]
    assert (last.to, last.subject) == ([ADDRESS], "Ваші дані стерто")
    done.refresh_from_db()
    assert done.told_at
    assert done.digest == erasure._digest(done)


def _stays_erased_when_derived_again(story: World, patron: Patron) -> None:
    story.sandbox.post("clock", advance=120)
    story.settle()
    reconciliation.catch_up()
    stripe_events.apply_due()
    erasure.carry_on()
    assert replay.replay(everything=True).ok
    assert reconciliation.reconcile() == []
    erasure.carry_on()
    assert everywhere.found(*CANARY) == []
    assert set(Donation.objects.filter(patron=patron).values_list("card_brand", "card_last4")) == {("", "")}
    assert set(Invoice.objects.filter(donation__patron=patron).values_list("hosted_url", flat=True)) == {""}
    story.books()


def _is_erased_again(story: World, file: Path) -> None:
    """By what beat does every minute, without anybody asking, and without a second farewell."""
    mail.outbox.clear()
    assert erasure.carry_on() == 1
    story.settle()
    reconciliation.catch_up()
    story.settle()
    erasure.carry_on()
    left = everywhere.found(*CANARY)
    assert not left, " ".join(left)
    assert not any(ADDRESS in letter.to for letter in mail.outbox)
    assert len(file.read_text().splitlines()) == 2
    assert not Donation.objects.running().exists()
    assert reconciliation.reconcile() == []
    story.books()


Rows = dict[type[Model], list[dict[str, Any]]]


def _at_stripe() -> Rows:
    """Everything that the sandbox remembers."""
    return {model: list(model._default_manager.values()) for model in apps.get_app_config("sandbox").get_models()}


def _bring_to_stripe(story: World, rows: Rows, now: datetime) -> None:
    """The sandbox is where it was, and so is the clock."""
    for model in reversed(rows):
        model._default_manager.all().delete()
    for model, told in rows.items():
        model._default_manager.bulk_create([model(**row) for row in told])
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('sandbox_seq', (SELECT max(seq) FROM sandbox_thing))")
    story.sandbox.post("clock", to=int(now.timestamp()) + 1)


def test_stripe_away_delays_the_erasure_and_pretends_nothing(story: World, settings: Settings) -> None:
    donation = story.reader().give(email=ADDRESS, name=NAME)
    assert donation.patron
    address = settings.STRIPE_API_BASE
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    gateway.forget_client()
    erasure.ask(donation.patron)
    waiting = erasure.erase(donation.patron)
    assert (waiting.billing_ended_at, waiting.erased_at) == (None, None)
    assert Patron.objects.get(pk=donation.patron.pk).email == ADDRESS
    settings.STRIPE_API_BASE = address
    gateway.forget_client()
    assert erasure.carry_on() == 1
    story.settle()
    erasure.carry_on()
    assert everywhere.found(ADDRESS, NAME) == []
    story.books()


def test_subscription_heard_of_after_the_erasure_is_ended_and_names_nobody(story: World) -> None:
    """Paid before, told after: Stripe's session still knows the address."""
    first = story.reader().give(email=ADDRESS, name=NAME)
    assert first.patron
    reader = story.reader()
    late = reader.start(email=ADDRESS, name=NAME, amount="7", message=WORDS)
    assert reader.pay(late, email=ADDRESS, name=NAME).status_code == 303  # nobody has told the product yet
    erasure.ask(first.patron)
    assert erasure.erase(first.patron).erased_at
    story.settle()
    erasure.carry_on()
    story.settle()
    erasure.carry_on()
    assert everywhere.found(*CANARY) == []
    assert Patron.objects.count() == 1
    assert not Donation.objects.running().exists()
    assert Donation.objects.filter(patron=first.patron).count() == 2
    story.books()


def test_whoever_comes_back_later_is_somebody_new(story: World) -> None:
    first = story.reader().give(email=ADDRESS, name=NAME)
    assert first.patron
    erasure.ask(first.patron)
    erasure.erase(first.patron)
    story.settle()
    erasure.carry_on()
    again = story.reader().give(email=ADDRESS, name=NAME)
    assert again.patron
    assert again.patron != first.patron
    assert again.patron.email == ADDRESS
    assert erasure.remember() == 0
    story.advance(days=32)
    erasure.carry_on()
    assert Patron.objects.get(pk=again.patron.pk).erased_at is None
    assert again.payments.count() == 2
    story.books()
