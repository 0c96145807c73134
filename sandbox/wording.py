"""Template filters of the sandbox's pages: money, moments and objects as a person reads them."""

import json
from datetime import UTC, datetime
from typing import Any

from django import template

register = template.Library()

NO_DECIMALS = "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split()
THREE_DECIMALS = "bhd jod kwd omr tnd".split()


@register.filter
def money(amount: int | None, currency: str) -> str:
    """Minor units and a currency as `12.50 EUR`."""
    if amount is None:
        return "–"
    places = 0 if currency in NO_DECIMALS else 3 if currency in THREE_DECIMALS else 2
    return f"{amount / 10**places:,.{places}f} {currency.upper()}"


@register.filter
def moment(seconds: int | None) -> str:
    """A Unix second as `2026-11-23 14:05:09`, UTC."""
    return "–" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"


@register.filter
def day(seconds: int | None) -> str:
    """A Unix second as `23 November 2026`, UTC."""
    return "–" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%-d %B %Y}"


@register.filter
def as_json(value: Any) -> str:
    """An object as indented JSON, keys in order."""
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
