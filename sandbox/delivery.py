"""Webhooks on the wire: signed, POSTed, tried again with growing pauses until the endpoint answers 2xx.

A delivery is locked while it is under way and committed by itself, so couriers in parallel share the work and one that
dies delivers again later: an endpoint hears of an event at least once. Times of retries follow the movable clock;
signatures carry the machine's real time, as receivers check."""

import hashlib
import hmac
import http.client
import threading
import time
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import F, TextField
from django.db.models.functions import Cast

from . import clock
from .models import ClockNow, Delivery

MOST_ATTEMPTS = 16
FIRST_PAUSE, LONGEST_PAUSE = 2, 6 * 3600
SECONDS_TO_ANSWER = 10
BATCH = 200

_lines = threading.local()


class Away(Exception):
    """Nobody answers at the endpoint's address."""


def deliver_due() -> int:
    """Try every delivery that is due, once, and say how many were tried.

    When an endpoint cannot be reached at all, the rest of its deliveries wait for the next call."""
    count = 0
    away: set[str] = set()
    while batch := _due(away):
        for pk, endpoint_id in batch:
            if endpoint_id in away:
                continue
            try:
                count += _deliver(pk)
            except Away:
                count += 1
                away.add(endpoint_id)
    return count


def pause(attempts: int) -> int:
    """Seconds to wait after that many failed attempts: 2, 8, 32 … six hours."""
    return int(min(FIRST_PAUSE * 4 ** (attempts - 1), LONGEST_PAUSE))


def sign(body: bytes, secret: str, timestamp: int) -> str:
    """The Stripe-Signature header: HMAC-SHA256 over `timestamp.body`."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def _due(away: set[str]) -> list[tuple[int, str]]:
    due = Delivery.objects.filter(state=Delivery.State.PENDING, due__lte=ClockNow()).exclude(endpoint_id__in=away)
    return list(due.order_by(F("id") + F("place")).values_list("pk", "endpoint_id")[:BATCH])


def _deliver(pk: int) -> bool:
    """One attempt; false when another courier has it, Away when it could not even be tried."""
    away = None
    with transaction.atomic():
        delivery = (
            Delivery.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(pk=pk, state=Delivery.State.PENDING)
            .select_related("endpoint")
            .annotate(payload=Cast("event__body", TextField()))
            .first()
        )
        if delivery is None:
            return False
        delivery.attempts += 1
        try:
            body = delivery.payload.encode()
            delivery.last_status = _post(delivery.endpoint.url, body, delivery.endpoint.secret)
            delivery.last_error = ""
        except (OSError, http.client.HTTPException) as error:
            delivery.last_status, delivery.last_error = None, f"{type(error).__name__}: {error}"
            away = error
        _note(delivery)
    if away is not None:
        raise Away from away
    return True


def _note(delivery: Delivery) -> None:
    """Keep what came of an attempt."""
    if delivery.last_status is not None and 200 <= delivery.last_status < 300:
        delivery.state = Delivery.State.DELIVERED
    elif delivery.attempts >= MOST_ATTEMPTS:
        delivery.state = Delivery.State.FAILED
    else:
        delivery.due = clock.now() + pause(delivery.attempts)
    delivery.save(update_fields=["state", "due", "attempts", "last_status", "last_error"])


def _post(url: str, body: bytes, secret: str) -> int:
    """The status of the endpoint's answer. The connection stays open for the next delivery from this thread."""
    parts = urlsplit(url)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Stripe-Signature": sign(body, secret, int(time.time())),
    }
    lines: dict[str, http.client.HTTPConnection] = _lines.__dict__.setdefault("open", {})
    address = f"{parts.scheme}://{parts.netloc}"
    line = lines.pop(address, None)
    if line is not None:
        try:
            return _say(line, parts.path or "/", body, headers)
        except (http.client.RemoteDisconnected, ConnectionError):
            line.close()  # it was closed from the other side while it lay idle
        finally:
            _keep(lines, address, line)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    line = kind(parts.netloc, timeout=SECONDS_TO_ANSWER)
    try:
        return _say(line, parts.path or "/", body, headers)
    finally:
        _keep(lines, address, line)


def _say(line: http.client.HTTPConnection, path: str, body: bytes, headers: dict[str, str]) -> int:
    try:
        line.request("POST", path, body, headers)
        response = line.getresponse()
        response.read()
    except BaseException:
        line.close()
        raise
    return response.status


def _keep(lines: dict[str, http.client.HTTPConnection], address: str, line: http.client.HTTPConnection) -> None:
    """Keep the connection, unless either side closed it."""
    if line.sock is not None:
        lines[address] = line
