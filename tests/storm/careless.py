"""The controls of the storm of letters: two ways of sending that need no claim, until something dies."""

from smtplib import SMTPException

from django.core.mail import get_connection

from letters import sending
from letters.models import Letter, LetterState
from newsroom import clock


def mark_first(limit: int = 20) -> int:
    """Off the list, then into the post: what could go wrong?"""
    return _send(_mark(_waiting(limit)))


def mark_last(limit: int = 20) -> int:
    """Off the list once all are in the post."""
    letters = _waiting(limit)
    _send(letters)
    return len(_mark(letters))


def _waiting(limit: int) -> list[Letter]:
    return list(Letter.objects.filter(state=LetterState.QUEUED).order_by("id")[:limit])


def _mark(letters: list[Letter]) -> list[Letter]:
    ids = [letter.pk for letter in letters]
    Letter.objects.filter(pk__in=ids).update(state=LetterState.SENT, sent_at=clock.now())
    return letters


def _send(letters: list[Letter]) -> int:
    line, sent = get_connection(), 0
    for letter in letters:
        try:
            sending.compose(letter, line).send()
            sent += 1
        except (SMTPException, OSError):
            line = get_connection()
    return sent


WAYS = {"marked first": mark_first, "marked last": mark_last}
