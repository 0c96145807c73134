"""Start-up rules that settings alone cannot see."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection


@register(Tags.database)
def clock_is_real(databases: Any = None, **_kwargs: Any) -> list[CheckMessage]:
    """A database whose clock was moved belongs to a demo or a test."""
    if settings.DEBUG or not databases:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('newsroom_clock')")
        if cursor.fetchone()[0] is None:
            return []
        cursor.execute("SELECT offset_seconds FROM newsroom_clock")
        if cursor.fetchone()[0] == 0:
            return []
    return [
        Error(
            "This database's clock has been moved: it belongs to a demo or a test.",
            hint="Point DATABASE_URL at a database of its own for production.",
            id="payments.E001",
        )
    ]
