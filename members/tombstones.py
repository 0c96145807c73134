"""Who was erased, as keyed hashes: what arrives late for them is booked without a name.

The key comes from SECRET_KEY; with another one, nobody who was erased before is recognised.
"""

from datetime import datetime

from django.utils.crypto import salted_hmac

from members.models import Patron, Tombstone


def address_hash(email: str) -> str:
    return salted_hmac("members.tombstones.address", email.strip().lower(), algorithm="sha256").hexdigest()


def person_hash(patron: Patron) -> str:
    return salted_hmac("members.tombstones.person", f"{patron.pk}:{patron.email}", algorithm="sha256").hexdigest()


def nameless(number: str | int) -> str:
    """The address of whoever has none any more. `.invalid` is reserved: no letter can go there (RFC 2606)."""
    return f"erased-{number}@erased.invalid"


def stands_for(email: str, *, since: datetime) -> Patron | None:
    """The nameless patron in place of whoever had this address and was erased after `since`; None if nobody was.

    For what was begun before an erasure and is heard of after it. What somebody begins later is a new beginning.
    """
    tomb = Tombstone.objects.filter(address_hash=address_hash(email), erased_at__gt=since).order_by("erased_at").last()
    if tomb is None:
        return None
    if tomb.patron is None:
        tomb.patron, _ = Patron.objects.get_or_create(
            email=nameless(f"t{tomb.pk}"), defaults={"is_active": False, "erased_at": tomb.erased_at}
        )
        tomb.save(update_fields=["patron"])
    return tomb.patron
