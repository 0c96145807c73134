"""The consents of the invented past: whoever chose a name to show agreed to it with the first payment."""

from collections.abc import Iterator

from django.utils import translation

from config.seed.stories import Story
from members import consents
from members.models import Consent, Consented, Patron
from payments import names


def write(stories: list[Story]) -> None:
    """One yes for each patron who shows a name."""
    Consent.objects.bulk_create(_given(stories))


def _given(stories: list[Story]) -> Iterator[Consent]:
    known: set[Patron] = set()
    for story in sorted((story for story in stories if story.payments), key=lambda story: story.payments[0].created_at):
        donation = story.donation
        if donation.patron in known or not donation.patron or not names.of(donation, names.Audience.PUBLIC):
            continue
        known.add(donation.patron)
        with translation.override(donation.language):
            words, at = str(names.AGREED), story.payments[0].created_at
        yield consents.made(donation.patron, Consented.NAME, words, language=donation.language, given_at=at)
