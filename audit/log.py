"""Writes the staff's log."""

import json
from typing import Any, cast

from django.contrib.auth.models import AbstractBaseUser
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from audit.models import StaffAction
from newsroom import clock

# Any number that no other advisory lock of ours uses: "audit" in ASCII.
CHAIN_LOCK = 0x6175646974
FIRST = "0" * 64


def record(
    actor: AbstractBaseUser | None, action: str, *, target: str = "", reason: str = "", **facts: object
) -> StaffAction:
    """Adds a link to the chain in the caller's transaction, so that the act and its record stand or fall together.

    `actor` is None for what was done at the server's own command line. `facts` are kept as JSON and must hold nothing
    personal; `target` is a row as in `payment:12`. Writers wait for one another until their transactions end, so the
    chain never forks: call it last.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
        last = StaffAction.objects.order_by("-id").first()
        link = StaffAction(
            actor=cast("Any", actor),
            action=action,
            target=target,
            reason=reason,
            facts=json.loads(json.dumps(facts, cls=DjangoJSONEncoder)),
            at=clock.now(),
            previous_hash=last.hash if last else FIRST,
        )
        link.hash = link.computed_hash()
        link.save(force_insert=True)
    return link
