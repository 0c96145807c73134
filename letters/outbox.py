"""Writes letters. A letter is a row of the caller's transaction: it exists exactly if what it tells of happened."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from typing import Any, Protocol
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.db import transaction

from letters import moulds, sealing
from letters.models import Letter, Wording
from letters.occasions import OCCASIONS, Occasion
from newsroom import bell
from newsroom.models import Newsroom

one_line = moulds.one_line

# Nobody can have such an address (RFC 2606); whoever was erased is given one.
NOWHERE = ".invalid"

_muted: ContextVar[bool] = ContextVar("letters_muted", default=False)


class Reader(Protocol):
    """What a letter asks of the patron it goes to."""

    pk: Any
    wants_neutral_letters: bool
    declined_letters: list[str]


def declines(patron: Reader | None, occasion: Occasion | None) -> bool:
    """Whether these are letters that somebody does without."""
    return bool(patron and occasion and occasion.is_declinable and occasion.group in patron.declined_letters)


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a letter."""

    filename: str
    content: bytes
    mimetype: str


# Makes the attachment `prefix:rest` from `rest`, when the letter is sent. Rooms above register theirs at start-up.
attachments: dict[str, Callable[[str], Attachment]] = {}


@dataclass(frozen=True)
class Draft:
    """A letter to be written. `key` names the occasion (letters/occasions.py) and its object, so none is written twice.

    templates/emails/<occasion>/ holds subject.txt and letter.txt; the latter's blocks fill both layouts, base.txt and
    base.html, so the two parts say the same. `context` may hold `greeting` (a name), `facts` (pairs of label and value)
    and `action` (label and address of the one button), which the layouts print. `is_neutral`: it comes under the
    newsroom's neutral name, with its own subject. `is_sealed`: nobody who reads the table learns to whom it goes; its
    key must not say so either.
    """

    occasion: str
    key: str
    to: str
    language: str
    context: dict[str, Any]
    patron: Reader | None = None
    attachment: str = ""
    is_neutral: bool = False
    is_sealed: bool = False

    @property
    def is_declined(self) -> bool:
        """Whether its reader wants none of its kind."""
        return declines(self.patron, OCCASIONS[self.occasion])


def write(
    *,
    occasion: str,
    key: str,
    to: str,
    language: str,
    context: dict[str, Any],
    patron: Reader | None = None,
    attachment: str = "",
    is_neutral: bool = False,
    is_sealed: bool = False,
) -> Letter | None:
    """Writes one letter and wakes a sender once the caller commits. See `Draft` for what it is made of.

    None if a letter of this key exists already (whoever writes the same key at the same time waits for the other's
    transaction), if its reader wants no such letters or was erased, and while letters are muted.
    """
    draft = Draft(occasion, key, to, language, context, patron, attachment, is_neutral, is_sealed)
    for letter in write_many([draft]):
        letter.refresh_from_db()
        return letter
    return None


def write_many(drafts: Sequence[Draft]) -> list[Letter]:
    """Writes those of the drafts whose keys have no letter yet, by the rules of `write`, in a handful of statements.

    For some hundreds at once. Returns the letters that were written, each with its id but not with the times that the
    database gave it.
    """
    if _muted.get():
        return []
    known = set(Letter.objects.filter(key__in=[draft.key for draft in drafts]).values_list("key", flat=True))
    wanted = [
        draft for draft in drafts if draft.key not in known and not draft.is_declined and not draft.to.endswith(NOWHERE)
    ]
    if not wanted:
        return []
    newsroom, wordings = Newsroom.current(), Wording.objects.of({draft.occasion for draft in wanted})
    letters = [_letter(draft, newsroom, wordings.get((draft.occasion, draft.language))) for draft in wanted]
    Letter.objects.bulk_create(letters, ignore_conflicts=True)
    transaction.on_commit(partial(bell.ring, "letters.send_due"))
    # Another writer's letter of the same key has another id.
    ids = Letter.objects.filter(message_id__in=[letter.message_id for letter in letters])
    written = dict(ids.values_list("message_id", "pk"))
    for letter in letters:
        letter.pk = written.get(letter.message_id)
    return [letter for letter in letters if letter.pk]


def again(letter: Letter, *, to: str, wish: str) -> None:
    """The same letter once more, word for word, to where its reader is reached now, as a letter of its own.

    `wish` names it: a second click writes nothing more. A letter that was emptied or sealed says nothing to send.
    """
    if not letter.text or letter.sealed:
        raise ValueError("a letter without its words")
    copied = ("occasion", "patron_id", "language", "is_neutral", "subject", "text", "html", "attachment")
    copy = Letter(
        key=f"again:{letter.pk}:{wish}",
        to=to,
        message_id=f"<{uuid.uuid4()}@{host()}>",
        **{name: getattr(letter, name) for name in copied},
    )
    Letter.objects.bulk_create([copy], ignore_conflicts=True)
    transaction.on_commit(partial(bell.ring, "letters.send_due"))


def _letter(draft: Draft, newsroom: Newsroom, wording: Wording | None) -> Letter:
    occasion, patron = OCCASIONS[draft.occasion], draft.patron
    context = draft.context
    if occasion.is_declinable and patron:
        context = context | {"stop_token": stop_token(patron.pk, occasion.group)}
    subject, text, html = moulds.render(occasion, draft.language, context, newsroom, wording)
    wants_neutral = bool(patron and patron.wants_neutral_letters)
    letter = Letter(
        key=draft.key,
        occasion=occasion.name,
        patron_id=patron.pk if patron else None,
        to=draft.to,
        language=draft.language,
        is_neutral=draft.is_neutral or wants_neutral,
        subject=newsroom.neutral_subject(draft.language) if wants_neutral else subject,
        text=text,
        html=html,
        attachment=draft.attachment,
        message_id=f"<{uuid.uuid4()}@{host()}>",
    )
    if draft.is_sealed:
        sealing.seal(letter)
    return letter


def stop_token(patron_id: int, group: str) -> str:
    """What, in a letter's link, lets its reader decline a group of letters without signing in. It names nobody."""
    return signing.dumps([patron_id, str(group)], salt="letters.stop")


def read_stop_token(token: str) -> tuple[int, str] | None:
    """Patron and group of a link that one of our letters had; None for any other. It never grows too old."""
    try:
        patron_id, group = signing.loads(token, salt="letters.stop")
    except signing.BadSignature:
        return None
    return patron_id, group


def stop_address(patron_id: int, group: str) -> str:
    """The whole link."""
    return f"{settings.SITE_URL}/account/letters/stop/{stop_token(patron_id, group)}/"


@contextmanager
def muted() -> Iterator[None]:
    """Inside, no letter is written: the past is being told again (`replay`, `seed`)."""
    token = _muted.set(True)
    try:
        yield
    finally:
        _muted.reset(token)


def host() -> str:
    """The domain that letters come from: that of SITE_URL; on a bare address, as on a laptop, `localhost`."""
    name = urlsplit(settings.SITE_URL).hostname or "localhost"
    try:
        ip_address(name)
    except ValueError:
        return name
    return "localhost"
