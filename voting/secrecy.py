"""Keys of ballots and follows. Only the running system can make them: they follow from `BALLOT_SECRET`.

A round's key is made of the secret, which is in the environment alone, and of the round's nonce, which is in the
database alone and is destroyed at the close. From then on nobody can make it again, or tell whose a ballot was.
"""

import hmac
import secrets

from django.conf import settings

from members.models import Patron
from voting.models import Round, Topic


def nonce() -> str:
    """256 bits that nobody can guess."""
    return secrets.token_hex(32)


def round_key(nonce: str) -> bytes:
    return _keyed(settings.BALLOT_SECRET.encode(), f"round\n{nonce}")


def fingerprint(key: bytes) -> str:
    """Tells whether a round's key is still the one that it was opened with, and nothing about it."""
    return _keyed(key, "fingerprint").hex()


def key_of(opened: Round) -> bytes | None:
    """The key of a round that is open; None if `BALLOT_SECRET` is not the one that it was opened with."""
    key = round_key(opened.nonce)
    return key if opened.nonce and hmac.compare_digest(fingerprint(key), opened.key_fingerprint) else None


def ballot_key(key: bytes, patron_id: int) -> str:
    """Where a patron's ballot lies while the round is open."""
    return _keyed(key, f"ballot\n{patron_id}").hex()


def follow_mark(patron: Patron, topic: Topic) -> str:
    """What says that this patron follows this topic to whoever names both and holds the secret."""
    return _keyed(settings.BALLOT_SECRET.encode(), f"follow\n{patron.pk}\n{topic.pk}").hex()


def _keyed(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
