"""Figures of money that open into their rows. What is nothing opens into none, and what is not there is a dash."""

from datetime import date

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode

from reports.templatetags.figures import amount

register = template.Library()


@register.simple_tag
def lines(minor: int | str | None, currency: str, first: date, last: date, **asked: str) -> str:
    """The lines of these days that add up to it."""
    said = amount(minor, currency)
    if not minor:
        return said
    days = {"first": f"{first:%Y-%m-%d}", "last": f"{last:%Y-%m-%d}", "currency": currency}
    return format_html('<a href="{}?{}">{}</a>', reverse("reports:lines"), urlencode(days | asked), said)
