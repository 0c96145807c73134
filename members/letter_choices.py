"""What patrons say about the letters they get: which of them, and how they look from outside."""

from collections.abc import Iterable

from django.db import transaction

from letters.occasions import DECLINABLE
from members.models import Patron


def choose(patron: Patron, *, declined: Iterable[str], wants_neutral: bool) -> None:
    """Sets both. Groups that nobody may decline are left out of `declined`."""
    patron.declined_letters = sorted(set(declined) & DECLINABLE)
    patron.wants_neutral_letters = wants_neutral
    patron.save(update_fields=["declined_letters", "wants_neutral_letters"])


@transaction.atomic
def decline(patron_id: int, group: str) -> None:
    """No more letters of a group that may be declined. Twice changes nothing, and so does a patron who is gone."""
    known = Patron.objects.filter(pk=patron_id).first()
    patron = Patron.objects.standing(known) if known else None
    if patron and group in DECLINABLE and group not in patron.declined_letters:
        patron.declined_letters = sorted({*patron.declined_letters, group})
        patron.save(update_fields=["declined_letters"])
