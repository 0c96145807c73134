"""Codes that rows keep, in words for staff."""

from typing import Any

from django import template
from django.utils.translation import gettext

from letters.occasions import OCCASIONS
from payments import wording
from reports import spoken

register = template.Library()


@register.filter
def gate(name: str) -> str:
    """What is limited, in words."""
    return str(spoken.GATES.get(name, name))


@register.filter
def write(kind: str) -> str:
    """A write to Stripe, in words."""
    return str(spoken.WRITES.get(kind, kind))


@register.filter
def became(state: str) -> str:
    """What became of an event of Stripe's, in words."""
    return str(spoken.EVENTS.get(state, state))


@register.filter
def about(occasion: str) -> str:
    """What a letter is about, in words."""
    return str(OCCASIONS[occasion].about) if occasion in OCCASIONS else occasion


@register.filter
def why(failure_code: str) -> str:
    """For what reason a bank refused, in words."""
    return wording.why(failure_code)


@register.filter
def mended(way: str) -> str:
    """What mended an invoice that had failed, within 30 days, in words."""
    return str(spoken.WAYS.get(way, way))


@register.filter
def fact(value: Any) -> str:
    """A detail of the log: lists as words with commas, nothing as a dash."""
    if isinstance(value, list):
        return ", ".join(fact(one) for one in value) or "–"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return "–" if value in (None, "") else str(value)
