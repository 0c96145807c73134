"""Figures of money that open into their rows. What is nothing opens into none, and what is not there is a dash."""

from datetime import date
from fractions import Fraction

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode

from reports.figures import months
from reports.templatetags.figures import amount, short_month

register = template.Library()
Minor = int | Fraction | str | None


@register.simple_tag
def lines(
    minor: Minor, currency: str, first: date, *, last: date | None = None, count: int | None = None, sign: bool = False,
    **asked: str,
) -> str:  # fmt: skip
    """The lines of a month, or of the days up to the last, that add up to it."""
    days = {"first": f"{first:%Y-%m-%d}", "last": f"{last or months.last_day(first):%Y-%m-%d}", "currency": currency}
    return _opened("lines", minor, _said(minor, currency, count, sign), days | asked)


@register.simple_tag
def payments(minor: Minor, currency: str, month: date, count: int | None = None, kind: str = "") -> str:
    """The payments of a month, each with those of its lines that add up to it."""
    asked = {"month": short_month(month), "currency": currency, "kind": kind}
    return _opened("lines-of-payments", minor, _said(minor, currency, count), asked)


@register.simple_tag
def moved(minor: Minor, currency: str, month: date, kind: str, count: int | None = None) -> str:
    """What moved the monthly sum, a dash where nothing did."""
    asked = {"month": short_month(month), "currency": currency, "kind": kind}
    return _opened("movements", minor, _said(minor or None, currency, count, sign=True), asked)


@register.simple_tag
def standing(minor: Minor, currency: str, month: date, of: str = "") -> str:
    """The monthly sum at the end of a month, of one currency or all: those who gave it then."""
    asked = {"month": short_month(month), "outcome": "live", "currency": of}
    return _opened("persons", minor, _said(minor, currency), asked)


@register.simple_tag
def standing_before(minor: Minor, currency: str, month: date, of: str = "") -> str:
    """The monthly sum when a month began: what stood when the one before it ended."""
    return standing(minor, currency, months.after(month, -1), of)


@register.simple_tag
def gifts(count: int | str | None, currency: str, month: date) -> str:
    """How many single gifts there were of which nothing went back."""
    asked = {"month": short_month(month), "currency": currency, "kind": "single"}
    return _opened("lines-of-payments", count, intcomma(count or 0), asked)


def _said(minor: Minor, currency: str, count: int | None = None, sign: bool = False) -> str:
    said = amount(minor, currency, sign)
    return said if count is None else format_html("{} <small>({})</small>", said, intcomma(count))


def _opened(page: str, minor: Minor, said: str, asked: dict[str, str]) -> str:
    if not minor:
        return said
    address = urlencode({name: word for name, word in asked.items() if word})
    return format_html('<a href="{}?{}">{}</a>', reverse(f"reports:{page}"), address, said)
