"""Where in the staff's pages one is: which item of the navigation leads to the page that is shown."""

from typing import Any

from django import template
from django.utils.html import format_html

register = template.Library()

# By the first part of an address behind /reports/; all others are pages of figures.
SECTIONS = {
    "people": "people", "patrons": "people", "merges": "people", "donations": "people", "payments": "payments",
    "exports": "exports", "events": "events", "operations": "events", "letters": "letters", "wording": "letters",
    "health": "health", "rehearsal": "health", "rounds": "rounds", "suggestions": "suggestions", "topics": "topics",
    "erasures": "erasures", "newsroom": "newsroom", "log": "log",
}  # fmt: skip


@register.simple_tag(takes_context=True)
def current(context: dict[str, Any], section: str) -> str:
    """`aria-current` where the page belongs to the section: `page` if its address is that page's own."""
    parts = context["request"].path.strip("/").split("/")[1:]
    if SECTIONS.get(parts[0] if parts else "", "figures") != section:
        return ""
    return format_html(' aria-current="{}"', "page" if parts in ([], [section]) else "true")
