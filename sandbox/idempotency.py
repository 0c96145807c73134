"""The same Idempotency-Key does its work once. The claim on a key is an advisory lock held until the transaction
ends: a call that comes while another with its key is being answered is told so, a later one gets the same answer."""

import hashlib
import json
from typing import Any

from django.db import connection

from . import clock
from .errors import ApiError
from .models import IdempotentCall

SECONDS_KEPT = 24 * 3600
LONGEST = 255


def fingerprint(method: str, path: str, params: dict[str, Any]) -> str:
    """What makes two calls the same call."""
    return hashlib.sha256(json.dumps([method, path, params], sort_keys=True).encode()).hexdigest()


def claim(key: str, call: str) -> IdempotentCall | None:
    """Hold the key until the transaction ends; the call that was answered under it in the last 24 hours, if any.

    Raises 409 `idempotency_key_in_use` when another call holds it, 400 `idempotency_error` for another call's key."""
    if len(key) > LONGEST:
        raise ApiError(400, "invalid_request_error", f"Idempotency-Key can have up to {LONGEST} characters.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [key])
        if not cursor.fetchone()[0]:
            message = (
                "There is currently another in-progress request using this Idempotency-Key. Please try again later."
            )
            raise ApiError(409, "idempotency_error", message, code="idempotency_key_in_use")
    earlier = IdempotentCall.objects.filter(key=key, created__gt=clock.now() - SECONDS_KEPT).first()
    if earlier is not None and earlier.fingerprint != call:
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were first used with. "
            f"Try using a key other than '{key}' if you meant to execute a different request."
        )
        raise ApiError(400, "idempotency_error", message)
    return earlier


def remember(key: str, call: str, status: int, answer: dict[str, Any], request_id: str) -> None:
    """Keep the answer, in the transaction of the call."""
    IdempotentCall.objects.update_or_create(
        key=key,
        defaults={
            "fingerprint": call,
            "status": status,
            "answer": answer,
            "request_id": request_id,
            "created": clock.now(),
        },
    )
