"""Sends letters: claim, send, mark. What a letter's SMTP answer means is decided here.

    queued ── claim ──▶ sending ── accepted ──▶ sent
      ▲                    ├── for now not (4xx, a dropped line) ──▶ queued, due later
      │                    ├── nobody wants it any more ──▶ unsent
      │                    └── never (5xx), or too often not ──▶ failed
      └── a claim whose sender died is taken up again after CLAIM_LASTS

The claim is committed before the letter goes out, so any number of senders may run. A sender killed between the
server's 250 and the mark leaves one letter that goes out again, with the same Message-ID; nothing can prevent that.
"""

import random
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime, formataddr
from functools import partial
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused
from typing import Any

import structlog
from django.contrib.auth import get_user_model
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction

from letters import outbox, sealing, stops
from letters.models import Letter, LetterState, StopReason
from letters.occasions import OCCASIONS
from newsroom import bell, clock
from newsroom.models import Newsroom

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 24  # with the pauses below, about four days

# What an answer to a letter is about (RFC 3463, 4954, 7372). About us: sign in first, no such sender, no signature or
# record of our domain that holds, a server that passes on nothing of ours.
ABOUT_US = re.compile(
    r"5(30|34|35|38) |\d+ 5\.(1\.[78]|7\.2\d)\b"
    r"|.*\b(relay(ing)?\s+(access\s+)?(denied|not|prohibited)|(to|not)\s+relay)\b",
    re.IGNORECASE | re.DOTALL,
)
# At RCPT, about the letter or the moment: a policy, a size, a full mailbox. Any other means that nobody is there.
ABOUT_THE_LETTER = re.compile(r"552 |\d+ 5\.([367]\.|2\.2\b)")
# At DATA, nobody is there after all. Any other is about the letter.
NOBODY_THERE = re.compile(r"\d+ 5\.(1\.|2\.1\b)")


@dataclass(frozen=True)
class Refusal:
    """Why a letter did not go out. `line_is_bad`: the server, not the letter, so the rest of the batch waits too.

    `stop`: what is to be remembered of the address. `is_unwanted`: it is not for sending.
    """

    error: str
    is_final: bool = False
    line_is_bad: bool = False
    stop: StopReason | None = None
    is_unwanted: bool = False


def send_due(limit: int = 500) -> int:
    """Sends what is due, at most `limit` letters, over one connection. Returns how many the server accepted.

    Call it outside a transaction. Several may run at once; none sends a letter that another has claimed.
    """
    connection, sent, was_bad = get_connection(), 0, False
    try:
        for _ in range(limit):
            if (letter := _claim()) is None:
                break
            refusal = _deliver(letter, connection)
            _mark(letter, refusal)
            if refusal is None:
                sent, was_bad = sent + 1, False
            elif refusal.line_is_bad:
                # Some servers end the line after so many letters, so one fresh line is tried; then all wait.
                _close(connection)
                if was_bad:
                    break
                was_bad = True
    finally:
        _close(connection)
    return sent


def requeue(letter_ids: list[int]) -> int:
    """Makes refused letters due again, with all attempts before them and the same Message-ID. Returns how many."""
    refused = Letter.objects.failed().filter(pk__in=letter_ids)
    requeued: int = refused.update(state=LetterState.QUEUED, attempts=0, due_at=clock.now(), error="")
    transaction.on_commit(partial(bell.ring, "letters.send_due"))
    return requeued


@transaction.atomic(durable=True)
def _claim() -> Letter | None:
    """The next due letter, now ours. The attempt is counted before it is made, so that a crash counts."""
    now = clock.now()
    letter: Letter | None = Letter.objects.due(now).select_for_update(skip_locked=True).order_by("due_at", "id").first()
    if letter:
        letter.state, letter.claimed_at, letter.attempts = LetterState.SENDING, now, letter.attempts + 1
        letter.save(update_fields=["state", "claimed_at", "attempts"])
    return letter


def _deliver(claimed: Letter, connection: Any) -> Refusal | None:
    """Sends it, unless something stands against it. Of a sealed letter no answer is kept that may name its reader."""
    try:
        letter = sealing.opened(claimed)
    except sealing.CannotBeOpened:
        return Refusal("cannot be opened: SECRET_KEY has changed since it was written", is_final=True)
    if against := _held_back(letter):
        return against
    refusal = _send(letter, connection)
    if refusal is None:
        stops.taken(letter.to)
    if refusal is None or letter is claimed:
        return refusal
    if refusal.stop:
        stops.stop(letter.to, refusal.stop, refusal.error[:3])
    return replace(refusal, error=re.split(r"[ :]", refusal.error)[0], stop=None)


def _held_back(letter: Letter) -> Refusal | None:
    is_gone = letter.sealed and not _is_there(letter)
    if unwanted := stops.ERASED if is_gone else stops.unwanted(letter):
        return Refusal(unwanted, is_unwanted=True)
    reason = stops.reason_against(letter)
    return Refusal(reason, is_final=True) if reason else None


def _is_there(letter: Letter) -> bool:
    """Whether the reader of a sealed letter is still who they were when it was written: erasing cannot find it."""
    readers: Any = get_user_model().objects.filter(email=letter.to, is_active=True)
    return bool(readers.filter(pk=letter.patron_id).exists())


def _send(letter: Letter, connection: Any) -> Refusal | None:
    try:
        message = compose(letter, connection)
        message.message()
    except Exception as error:  # noqa: BLE001  one letter that cannot be put together must not hold up the others
        log.error("letter_not_composed", letter=letter.pk, error=type(error).__name__)
        return Refusal(f"could not be put together: {type(error).__name__}")
    try:
        connection.open()
        message.send()
    except (SMTPException, OSError) as error:
        return _refusal(error)
    return None


def compose(letter: Letter, connection: Any = None) -> EmailMultiAlternatives:
    """The message of a letter. Made twice it says the same, Date and Message-ID included."""
    newsroom = Newsroom.current()
    message = EmailMultiAlternatives(
        letter.subject,
        letter.text,
        sender(newsroom, is_neutral=letter.is_neutral),
        [letter.to],
        reply_to=[newsroom.reply_to] if newsroom.reply_to else None,
        headers={
            "Message-ID": letter.message_id,
            "Date": format_datetime(letter.created_at),
            "Auto-Submitted": "auto-generated",
            "Content-Language": letter.language,
        }
        | _ways_out(letter),
        connection=connection,
    )
    message.attach_alternative(letter.html, "text/html")
    if letter.attachment:
        prefix, _, rest = letter.attachment.partition(":")
        made = outbox.attachments[prefix](rest)
        message.attach(made.filename, made.content, made.mimetype)
    return message


def sender(newsroom: Newsroom, *, is_neutral: bool = False) -> str:
    """The From of a letter: the newsroom's public name, or its neutral one, at the address it answers at.

    Without a reply-to it is `letters@` and SITE_URL's host: an address that the installation's own domain vouches for.
    """
    name = newsroom.neutral_sender if is_neutral else newsroom.public_name
    return formataddr((outbox.one_line(name), newsroom.reply_to or f"letters@{outbox.host()}"))


def _ways_out(letter: Letter) -> dict[str, str]:
    """The headers by which a mail program stops letters that may be declined with one press (RFC 8058)."""
    occasion = OCCASIONS.get(letter.occasion)
    if occasion is None or not occasion.is_declinable or letter.patron_id is None:
        return {}
    return {
        "List-Unsubscribe": f"<{outbox.stop_address(letter.patron_id, occasion.group)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _refusal(error: SMTPException | OSError) -> Refusal:
    """What the server's answer means.

    A 5xx about the recipient or the text is final, and stops the address (letters/stops.py). One about us (sign-in,
    sender) is not the letter's fault, and mended settings will send it.
    """
    said: bytes | str
    is_of_address = isinstance(error, SMTPRecipientsRefused)
    if isinstance(error, SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
    elif isinstance(error, SMTPDataError):
        code, said = error.smtp_code, error.smtp_error
    else:
        return Refusal(f"{type(error).__name__}: {error}"[:500], line_is_bad=True)
    answer = f"{code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"[:500]
    if not 500 <= code < 600 or ABOUT_US.match(answer):
        return Refusal(answer, line_is_bad=code == 421)
    is_gone = not ABOUT_THE_LETTER.match(answer) if is_of_address else NOBODY_THERE.match(answer)
    return Refusal(answer, is_final=True, stop=StopReason.REFUSED if is_gone else StopReason.LETTER)


def _mark(letter: Letter, refusal: Refusal | None) -> None:
    """Writes down what became of it, unless the claim was lost to another sender meanwhile."""
    now = clock.now()
    ours = Letter.objects.filter(pk=letter.pk, state=LetterState.SENDING, claimed_at=letter.claimed_at)
    if refusal is None:
        ours.update(state=LetterState.SENT, sent_at=now, error="", sealed="")
    elif refusal.is_unwanted:
        ours.update(state=LetterState.UNSENT, error=refusal.error, sealed="")
    elif refusal.is_final or letter.attempts >= MOST_ATTEMPTS:
        with transaction.atomic():
            ours.update(state=LetterState.FAILED, error=refusal.error)
            if refusal.stop:
                stops.stop(letter.to, refusal.stop, refusal.error)
        log.error("letter_failed", letter=letter.pk, occasion=letter.occasion, attempts=letter.attempts)
    else:
        ours.update(state=LetterState.QUEUED, due_at=_later(now, letter.attempts), error=refusal.error)
        log.warning("letter_delayed", letter=letter.pk, occasion=letter.occasion, attempts=letter.attempts)


def _later(now: datetime, attempts: int) -> datetime:
    """After one minute, two, four … six hours, half of it by chance, so that a mended server is not overrun."""
    pause = min(60 * 2 ** (attempts - 1), 6 * 3600)
    return now + timedelta(seconds=pause * random.uniform(0.5, 1))  # noqa: S311  spreads load, keeps no secret


def _close(connection: Any) -> None:
    try:
        connection.close()
    except (SMTPException, OSError) as error:
        log.warning("mail_connection_not_closed", error=type(error).__name__)
