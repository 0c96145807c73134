"""What the outbox holds of people: who was written to, and what."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.db.models.functions import Lower

from letters.models import Letter, LetterState, StoppedAddress

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

HELD = {
    "Letter.to": ("address of a letter", "so that it arrives", "until erased, or the newsroom's months of retention"),
    "Letter.subject": ("subject of a letter", "to show what was told", "until erased, or the months of retention"),
    "Letter.text": ("a letter's words", "to show what was told", "until erased, or the months of retention"),
    "Letter.html": ("the same words, laid out", "to show what was told", "until erased, or the months of retention"),
    "StoppedAddress.address": ("address that mail came back from", "not to write there", "until erased, or lifted"),
    "StoppedAddress.said": ("what its mail server answered", "to help", "as the address"),
    "Letter.error": ("what the mail server answered", "to help when letters do not arrive", "as the letter"),
}
SECRET = {"Letter": "sealed"}
NOT_PERSONAL = {
    "Letter": "key occasion language attachment message_id",
    "Wording": "occasion language subject opening closing",
}

OVER = [LetterState.SENT, LetterState.FAILED, LetterState.UNSENT]
EMPTY = {
    "to": "erased@erased.invalid",
    "subject": "—",
    "text": "",
    "html": "",
    "error": "",
    "attachment": "",
    "sealed": "",
}


def rows(patron: "AbstractBaseUser") -> dict[str, Any]:
    """Every letter to the patron or their address."""
    return {"letters": Letter.objects.filter(_to(patron)).order_by("id"), "stopped_addresses": _stopped(patron)}


def erase(patron: "AbstractBaseUser", now: datetime) -> dict[str, int]:  # noqa: ARG001  the same of every room
    """Letters lose address and words, those to others that name the address too. What was not sent yet is not sent."""
    naming = Q(text__icontains=_address(patron)) | Q(subject__icontains=_address(patron))
    letters = Letter.objects.filter(_to(patron) | naming)
    stopped, _ = _stopped(patron).delete()
    unsent, _ = letters.filter(state=LetterState.QUEUED).delete()
    return {"stopped_addresses": stopped, "letters": unsent + letters.update(**EMPTY)}


def empty_before(moment: datetime) -> int:
    """Letters that left, or never will, from before a moment keep only that they were written. Returns how many."""
    old = Letter.objects.filter(created_at__lt=moment, state__in=OVER)
    old, last, done = old.exclude(text="", sealed=""), 0, 0
    while page := list(old.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:1000]):
        last, done = page[-1], done + Letter.objects.filter(pk__in=page).update(**EMPTY)
    return done


def forget_stops(before: datetime, *, known: Any) -> int:
    """Stops from before a moment of addresses that are not among the known ones (any more) go. Returns how many."""
    return StoppedAddress.objects.filter(created_at__lt=before).exclude(address__in=known).delete()[0]


def _stopped(patron: "AbstractBaseUser") -> Any:
    """Of the patron's address, and of those that a letter to them went to: an earlier one, one that was mistyped."""
    written_to = Letter.objects.filter(patron_id=patron.pk).values_list(Lower("to"), flat=True)
    return StoppedAddress.objects.filter(Q(address=_address(patron).lower()) | Q(address__in=written_to))


def _to(patron: "AbstractBaseUser") -> Q:
    return Q(patron_id=patron.pk) | Q(to__iexact=_address(patron))


def _address(patron: "AbstractBaseUser") -> str:
    return str(patron.get_username())
