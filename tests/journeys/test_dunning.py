"""A card fails by each of five causes, to its recovery and to its end: what is written, and what the timeline says."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from config import doctor
from letters.models import Letter
from members.models import Membership
from newsroom import clock
from payments import dunning
from payments.models import Donation, Invoice, InvoiceAttempt
from tests.journeys.conftest import VISA, Reader, World
from tests.journeys.test_failing import join_by_authenticating
from tests.journeys.test_portal import Account, sign_in
from tests.model import Gift

# Of Stripe's test cards, the one whose bank answers so, and words of the letter about it in both languages.
CAUSES = {
    "funds": ("4000000000009995", "not enough money on the card", "не вистачило коштів"),
    "expired": ("4000000000000069", "your card has expired", "термін дії картки минув"),
    "confirmation": ("", "Your bank wants to hear from you", "Ваш банк хоче почути Вас"),
    "unusable": ("4000000000009979", "no longer accepts payments with this card", "більше не приймає"),
    "unsaid": ("4000000000000002", "did not tell us why", "не сказав нам чому"),
}
READERS = {"en": "anna@example.org", "uk": "olena@example.org"}


def join(story: World, cause: str) -> list[tuple[Reader, Donation, Gift]]:
    """A reader of each language, whose card will fail from the next renewal on.

    From now on every event is delivered twice, and in any order.
    """
    story.sandbox.post("chaos", duplicate=1, shuffle=1)
    joined = []
    for language, email in READERS.items():
        reader = story.reader()
        if cause == "confirmation":
            donation = join_by_authenticating(reader, email=email, language=language)
        else:
            donation = reader.give(email=email, language=language)
            story.press(f"customers/{donation.customer}/card/turn", number=CAUSES[cause][0])
        told = story.model.joins(500, who=email)
        told.card_becomes("bad")
        joined.append((reader, donation, told))
    return joined


def mend(story: World, cause: str, reader: Reader, donation: Donation, told: Gift) -> None:
    """On Stripe's page of the invoice, to which the letter leads without a sign-in."""
    page = Invoice.objects.get(donation=donation, status="open").hosted_url
    assert page in Letter.objects.get(patron=donation.patron, occasion="payment_failed").text
    if cause == "confirmation":
        yes = {"action": "authenticate", "outcome": "complete"}
        answer = reader.session.post(page, data=yes, allow_redirects=False, timeout=30)
    else:
        answer = reader.pay(page, email=donation.email)
    assert answer.status_code == 303, answer.text
    told.pays_what_is_owed()
    story.settle()


def assert_each_was_sent_once() -> None:
    """Every letter went out once, in its reader's language."""
    assert set(Letter.objects.values_list("state", flat=True)) == {"sent"}
    sent = [message.extra_headers["Message-ID"] for message in mail.outbox]
    assert sorted(sent) == sorted(Letter.objects.values_list("message_id", flat=True))
    for language, email in READERS.items():
        assert set(Letter.objects.filter(to=email).values_list("language", flat=True)) == {language}


@pytest.mark.parametrize("cause", CAUSES)
def test_each_cause_is_told_in_its_own_words_and_mended_on_the_page_it_leads_to(story: World, cause: str) -> None:
    joined = join(story, cause)
    story.advance(days=32)
    for _reader, donation, _told in joined:
        letter = Letter.objects.get(patron=donation.patron, occasion="payment_failed")
        assert CAUSES[cause][1 if letter.language == "en" else 2] in letter.text
        assert "stolen" not in letter.text
        assert ("You need not do anything" in letter.text) == (cause == "funds" and letter.language == "en")
    for reader, donation, told in joined:
        mend(story, cause, reader, donation, told)
    story.prove()
    assert_each_was_sent_once()
    for _reader, donation, _told in joined:
        letters = ["payment_failed", "receipt", "receipt", "recovered", "welcome"]
        assert sorted(story.letters(to=donation.email)) == letters
        invoice = Invoice.objects.failed().get(donation=donation)
        assert invoice.recovered_by == ("giver" if cause == "confirmation" else "card")
        steps = dunning.timeline(invoice)
        assert len(steps) == 4  # failed, told, paid, thanked
        assert not any(step.is_ahead for step in steps)


@pytest.mark.parametrize("cause", CAUSES)
def test_each_cause_ends_with_a_last_notice_and_a_goodbye(story: World, cause: str) -> None:
    joined = join(story, cause)
    story.advance(days=45)
    assert story.prove()["memberships"] == {"active": 0, "past_due": 0, "paused": 0, "ended": 2}
    assert_each_was_sent_once()
    for _reader, donation, _told in joined:
        letters = ["welcome", "receipt", "payment_failed", "last_notice", "cancelled"]
        assert story.letters(to=donation.email) == letters
        attempts = InvoiceAttempt.objects.filter(invoice__donation=donation)
        assert attempts.count() == (1 if cause in {"confirmation", "unusable"} else 4)


def test_the_same_card_that_is_charged_in_the_end_is_a_retry_and_another_cause_is_told_anew(story: World) -> None:
    donation = story.reader().give()
    told = story.model.joins(500)
    told.card_becomes("bad")
    story.press(f"customers/{donation.customer}/card/turn", number=CAUSES["funds"][0])
    story.advance(days=31, hours=3)
    story.press(f"customers/{donation.customer}/card/turn", number=CAUSES["expired"][0])
    story.advance(days=3)
    story.press(f"customers/{donation.customer}/card/turn", number=VISA)
    told.card_becomes("good")
    story.advance(days=4)
    story.prove()
    told_of = ["last_notice", "payment_failed", "payment_failed", "receipt", "receipt", "recovered", "welcome"]
    assert sorted(story.letters()) == told_of
    invoice = Invoice.objects.failed().get()
    assert invoice.recovered_by == "retry"
    assert [one.failure_code for one in invoice.attempts.all()] == ["insufficient_funds", "expired_card"]


def test_attempts_that_were_heard_of_late_are_all_there_once(story: World) -> None:
    donation = story.reader().give()
    story.press(f"customers/{donation.customer}/card/turn", number=CAUSES["funds"][0])
    story.leap(days=37)
    invoice = Invoice.objects.failed().get()
    tried = list(invoice.attempts.values_list("stripe_id", flat=True))
    assert len(tried) == invoice.attempt_count == 3
    story.advance(days=1)
    assert list(invoice.attempts.values_list("stripe_id", flat=True)) == tried
    assert story.letters() == ["welcome", "receipt", "payment_failed", "last_notice"]


def test_the_timeline_says_what_failed_what_was_sent_and_what_comes_next(story: World) -> None:
    donation = story.reader().give()
    story.press(f"customers/{donation.customer}/card/turn", number=CAUSES["funds"][0])
    story.advance(days=32)
    invoice = Invoice.objects.failed().get()
    said = [(step.what, step.why, step.is_ahead) for step in dunning.timeline(invoice)]
    assert said == [
        ("The payment did not go through", "there was not enough money on the card", False),
        ("Letter: what happened, and what mends it", "sent", False),
        ("The next attempt", "", True),
        ("If nothing changes, the support may end", "", True),
    ]
    assert dunning.mend(invoice) == ("Pay now or use another card", invoice.hosted_url)


@pytest.mark.parametrize("cause", ["unusable", "confirmation"])
def test_no_next_attempt_is_promised_where_stripe_makes_none(story: World, cause: str) -> None:
    reader, donation, _told = join(story, cause)[0]
    assert donation.patron
    sign_in(reader, donation.patron)
    story.advance(days=32)
    invoice = Invoice.objects.failed().get(donation=donation)
    home = Account(reader, donation).home()
    assert "did not go through: the bank" in home
    assert "tried again" not in home
    assert invoice.next_attempt_at, "counted by Stripe, but not made"
    assert [step.what for step in dunning.timeline(invoice) if step.is_ahead] == [
        "If nothing changes, the support may end"
    ]


# How Stripe is set, and the letters to whoever fails first and second under it, after welcome and receipt.
SCHEDULES: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "one retry": (
        {"retry_days": [2]}, ["payment_failed", "cancelled"], ["payment_failed", "last_notice", "cancelled"],
    ),
    "many retries": (
        {"retry_days": [1, 3, 5, 8, 11, 13]}, ["payment_failed", "last_notice", "cancelled"],
        ["payment_failed", "last_notice", "cancelled"],
    ),
    "none": ({"retry_days": []}, ["cancelled"], ["cancelled"]),
    "none, and no end": (
        {"retry_days": [], "final_outcome": "past_due"}, ["payment_failed", "last_notice"],
        ["payment_failed", "last_notice"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_last_notice_comes_before_the_end_however_stripe_is_set_to_try(story: World, schedule: str) -> None:
    setting, first, second = SCHEDULES[schedule]
    expected = [first, second]
    story.sandbox.post("config", **setting)
    for number, email in enumerate(["first@example.org", "second@example.org"]):
        donation = story.reader().give(email=email)
        story.press(f"customers/{donation.customer}/card/turn", number=CAUSES["funds"][0])
        story.advance(days=48)
        assert story.letters(email) == ["welcome", "receipt", *expected[number]]
        notice = Letter.objects.filter(to=email, occasion="last_notice").first()
        if notice:
            donation.refresh_from_db()
            grace = Membership.objects.get(patron=donation.patron).paid_through + timedelta(days=15)
            ahead = (donation.subscription_ended_at or clock.start_of(grace)) - notice.created_at
            assert timedelta(0) < ahead
            assert number == 0 or ahead <= dunning.NOTICE, "by then it is known how long Stripe tries"
            assert ("may end" in notice.text) == ("cancelled" in expected[number])
    found = [finding.what for finding in doctor.retries()]
    assert any("let their subscriptions run on" in what for what in found) == (schedule == "none, and no end"), found
    assert any("is not known" in what for what in found) == (schedule == "none, and no end"), found
    story.books()
