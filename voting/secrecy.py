"""Keys of ballots and follows. Only the running system can make them: they follow from `BALLOT_SECRET`.

A round's key is made of the secret, which is in the environment alone, and of the round's nonce, which is in the
database alone and is destroyed at the close. From then on nobody can make it again, or tell whose a ballot was. When a
ballot was cast is sealed under it too, so it tells nothing to whoever could not tell whose the ballot is.
"""

import hmac
import secrets
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from members.models import Patron
from voting.models import Round, Topic

# Before any ballot: the moment of one that was cast before moments were kept.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NONCE_BYTES = 12  # of AES-GCM: NIST SP 800-38D, 8.2.2


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


def seal_moment(key: bytes, ballot_key: str, moment: datetime) -> bytes:
    """When a ballot was cast, to the microsecond: always 36 bytes, and others each time, also of the same moment."""
    drawn = secrets.token_bytes(NONCE_BYTES)
    said = ((moment - EPOCH) // MICROSECOND).to_bytes(8)
    return drawn + _seal_of_moments(key).encrypt(drawn, said, ballot_key.encode())


def moment_of(key: bytes, ballot_key: str, sealed: bytes | None) -> datetime:
    """What was sealed, or EPOCH. Raises cryptography's InvalidTag for what was sealed for another ballot or changed."""
    if sealed is None:
        return EPOCH
    said = _seal_of_moments(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], ballot_key.encode())
    return EPOCH + int.from_bytes(said) * MICROSECOND


def follow_mark(patron: Patron, topic: Topic) -> str:
    """What says that this patron follows this topic to whoever names both and holds the secret."""
    return _keyed(settings.BALLOT_SECRET.encode(), f"follow\n{patron.pk}\n{topic.pk}").hex()


def _seal_of_moments(key: bytes) -> AESGCM:
    return AESGCM(_keyed(key, "moments"))


def _keyed(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
