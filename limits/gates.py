"""The gates themselves: at most so many of something within so many seconds, whoever asks and however often at once."""

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from limits.models import Hit
from newsroom import clock

# The row's lock puts parallel requests in a queue, and each looks at the moments that the one before it left. No row
# comes back when the gate is closed. A refused try is not counted.
_COUNT = """
INSERT INTO limits_hit (gate, key_hash, moments, forget_at)
VALUES (%(gate)s, %(key)s, ARRAY[{now}], {now} + make_interval(secs => %(seconds)s))
ON CONFLICT (gate, key_hash) DO UPDATE
    SET moments = ARRAY({recent}) || {now}, forget_at = {now} + make_interval(secs => %(seconds)s)
    WHERE (SELECT count(*) FROM ({recent}) AS recent) < %(limit)s
RETURNING 1
"""
_RECENT = "SELECT m FROM unnest(limits_hit.moments) AS m WHERE m > {now} - make_interval(secs => %(seconds)s)"


def allow(gate: str, key: str, *, limit: int, seconds: int) -> bool:
    """Whether `key` may go through once more: at most `limit` (at least 1) times in any `seconds` seconds.

    True counts at once. One atomic statement, exact under parallel requests; inside a transaction the others wait for
    its end, and a rollback takes the count back. The key (an address, an e-mail) is stored only as a keyed hash.
    """
    key_hash = salted_hmac(f"limits.{gate}", key, algorithm="sha256").hexdigest()
    statement = _COUNT.format(now=clock.sql(), recent=_RECENT.format(now=clock.sql()))
    with connection.cursor() as cursor:
        cursor.execute(statement, {"gate": gate, "key": key_hash, "seconds": seconds, "limit": limit})
        return cursor.fetchone() is not None


def address(request: HttpRequest) -> str:
    """The network address a request comes from, as far as it can be trusted.

    Behind TRUSTED_PROXY_COUNT proxies it is the entry of X-Forwarded-For that the outermost of them wrote; whatever a
    client put before that is not looked at, and without proxies the header means nothing. A client of IPv6 is known by
    its /64, which it owns whole.
    """
    direct = request.META.get("REMOTE_ADDR", "")
    count = settings.TRUSTED_PROXY_COUNT
    forwarded = request.headers.get("X-Forwarded-For", "").split(",") if count else []
    try:
        found = ip_address((forwarded[-count] if len(forwarded) >= count > 0 else direct).strip())
    except ValueError:
        return direct or "unknown"
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ip_network((found, 64), strict=False))
    return str(found)


def forget_old() -> None:
    """Deletes what no gate looks at any more, and what has expired in the cache of the sign-in pages' own limits."""
    Hit.objects.filter(forget_at__lt=clock.now()).delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM limits_cache WHERE expires < clock_timestamp()")
