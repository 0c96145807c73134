"""What name of a patron an audience sees, and who is greeted by which."""

from collections.abc import Callable
from datetime import date

import pytest

from letters.occasions import OCCASIONS
from letters.outbox import Draft
from members import gift_emails, names
from members.models import GiftMembership, Patron
from payments import emails, reminder_emails
from tests.payments import rows
from voting import round_emails, topic_emails
from voting.models import Round

EVIL = "See https://evil.example"
GREETING = sorted(name for name, occasion in OCCASIONS.items() if "greeting" in occasion.sample)
Writer = Callable[[Patron, str], Draft]


def donation(patron: Patron, occasion: str) -> Draft:
    return emails.draft(rows.monthly(patron=patron, subscription=f"sub_{patron.pk}"), patron, occasion, "1")


def gift(patron: Patron, occasion: str) -> Draft:
    return gift_emails._draft(patron, occasion, "1", facts=[])


def received(recipient: Patron, _occasion: str) -> Draft:
    given = GiftMembership(recipient_name=recipient.name, recipient_email=recipient.email, claim_through=date.max)
    given.months, given.monthly_minor, given.currency, given.language = 6, 500, "EUR", "en"
    return gift_emails._received(given, "https://news.example/gift/1/", "")


def of_round(patron: Patron, occasion: str) -> Draft:
    return round_emails._draft(Round(pk=1, slug="spring"), patron, occasion, [], ("", ""))


def topic(patron: Patron, occasion: str) -> Draft:
    return topic_emails._draft(patron, occasion, "1")


def statement(patron: Patron, _occasion: str) -> Draft:
    return reminder_emails.statement_ready(patron, 2026)


# By the beginning of the occasion; all others are about a donation.
WRITERS: dict[str, Writer] = {
    "gift_received": received,
    "gift_": gift,
    "round_stories": topic,
    "round_": of_round,
    "topic_": topic,
    "suggestion_": topic,
    "statement_": statement,
    "": donation,
}


@pytest.mark.parametrize("occasion", GREETING)
def test_who_is_called_like_an_address_is_greeted_by_no_name(occasion: str, db: None) -> None:
    write = next(writer for beginning, writer in WRITERS.items() if occasion.startswith(beginning))
    stranger = Patron.objects.create(email="a@example.org", name=EVIL, language="en")
    assert EVIL not in str(write(stranger, occasion).context)
    olena = Patron.objects.create(email="olena@example.org", name="Olena", language="en")
    assert write(olena, occasion).context["greeting"] == "Olena"


def test_each_audience_sees_its_own_name_of_a_patron() -> None:
    seen = {
        audience: names.of(Patron(email="olena@example.org", name="Olena"), audience) for audience in names.Audience
    }
    assert seen == dict.fromkeys(names.Audience, "Olena") | {names.Audience.PUBLIC: ""}
    evil = {audience: names.of(Patron(email="a@example.org", name=EVIL), audience) for audience in names.Audience}
    assert {audience for audience, name in evil.items() if name} == {names.Audience.RECEIPT, names.Audience.PEOPLE}


def test_nobody_is_greeted_in_ukrainian() -> None:
    assert (names.greeting("Olena", "uk"), names.greeting("Olena", "en")) == ("", "Olena")
