"""What patrons agree to, and how it ends."""

from threading import Thread

import pytest
from django.db import IntegrityError, connections, transaction

from members import consents
from members.models import Consent, Consented, Patron
from tests.conftest import WorldDatabase

WORDS = "You may show my name."


@pytest.fixture
def olena(db: None) -> Patron:
    return Patron.objects.create(email="olena@example.org", language="uk")


def test_yes_keeps_the_words_their_version_and_language(olena: Patron) -> None:
    given = consents.give(olena, Consented.NAME, WORDS)
    assert (given.text, given.language, given.withdrawn_at) == (WORDS, "uk", None)
    assert consents.give(olena, Consented.NAME, WORDS) == given
    assert consents.stands(olena, Consented.NAME)


def test_other_words_are_another_consent(olena: Patron) -> None:
    first = consents.give(olena, Consented.NAME, WORDS)
    second = consents.give(olena, Consented.NAME, WORDS + " Without amounts.")
    first.refresh_from_db()
    assert first.withdrawn_at
    assert second.version != first.version
    assert list(Consent.objects.filter(withdrawn_at=None)) == [second]


def test_no_ends_it_and_stays_on_record(olena: Patron) -> None:
    consents.give(olena, Consented.NAME, WORDS)
    assert consents.withdraw(olena, Consented.NAME)
    assert not consents.withdraw(olena, Consented.NAME)
    assert not consents.stands(olena, Consented.NAME)
    assert Consent.objects.get().withdrawn_at
    consents.give(olena, Consented.NAME, WORDS)
    assert Consent.objects.count() == 2


def test_database_refuses_a_second_standing_yes(olena: Patron) -> None:
    consents.give(olena, Consented.NAME, WORDS)
    with pytest.raises(IntegrityError), transaction.atomic():
        Consent.objects.create(patron=olena, purpose="name", text="other", version="x", language="en")


def test_yes_given_five_times_at_once_is_one(world_db: WorldDatabase) -> None:
    patron = Patron.objects.create(email="olena@example.org")

    def click() -> None:
        consents.give(patron, Consented.NAME, WORDS)
        connections.close_all()

    clicks = [Thread(target=click) for _ in range(5)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert Consent.objects.count() == 1
