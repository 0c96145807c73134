"""Sealed letters: whom they go to and what they say cannot be read from the table, only by the running system.

For a letter that would tell a reader of the database what somebody keeps to themselves, as that they follow a topic.
The row holds one sealed text, of the same length for letters of some thousand characters more or less; once the letter
is sent, not even that.
"""

import copy
import json

from cryptography.fernet import InvalidToken

from letters.models import Letter
from newsroom.ciphers import cipher

# What the row says instead. Nobody can have such an address (RFC 2606).
NOBODY, NOTHING = "sealed@letters.invalid", "—"
SEALED = ("patron_id", "to", "language", "is_neutral", "subject", "text", "html")
STEP = 16_384


class CannotBeOpened(Exception):
    """SECRET_KEY is another one than when the letter was written."""


def seal(letter: Letter) -> None:
    """Puts what the letter says, and to whom, under the seal."""
    content = {name: getattr(letter, name) for name in SEALED}
    plain = json.dumps(content, ensure_ascii=False).encode()
    padded = plain + b" " * (-len(plain) % STEP)
    letter.sealed = cipher("letters.sealing").encrypt(padded).decode()
    letter.patron_id, letter.to, letter.language, letter.is_neutral = None, NOBODY, "en", False
    letter.subject, letter.text, letter.html = NOTHING, "", ""


def opened(letter: Letter) -> Letter:
    """The letter as it was written, in memory alone: never save it. One that is not sealed is itself."""
    if not letter.sealed:
        return letter
    try:
        content = json.loads(cipher("letters.sealing").decrypt(letter.sealed.encode()))
    except (InvalidToken, ValueError) as error:
        raise CannotBeOpened from error
    found = copy.copy(letter)
    for name, value in content.items():
        setattr(found, name, value)
    return found
