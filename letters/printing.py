"""Days and moments as a reader's language writes them, in the newsroom's zone."""

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, get_timezone_gmt

from newsroom.models import Newsroom


def day(when: date | datetime, language: str) -> str:
    """`24 November 2026`, or `24 листопада 2026 року`; a moment counts as its day in the newsroom's zone."""
    if isinstance(when, datetime):
        when = when.astimezone(Newsroom.current().zone_info).date()
    pattern = "d MMMM y 'року'" if language == "uk" else "d MMMM y"
    return format_date(when, format=pattern, locale=language)


def moment(when: datetime, language: str) -> str:
    """Day, minute and offset, for a deadline: `10 January 2027, 01:59 (UTC+02:00)`."""
    return _moment(when, language, Newsroom.current().zone_info)


@lru_cache(maxsize=64)
def _moment(when: datetime, language: str, zone: ZoneInfo) -> str:
    """Kept, for while a round is open everybody who votes is told the same deadline."""
    there = when.astimezone(zone)
    clock = format_datetime(there, format="HH:mm", locale=language)
    offset = get_timezone_gmt(there, width="long", locale=language).replace("GMT", "UTC")
    return f"{day(there.date(), language)}, {clock} ({offset})"
