"""Pages that differ between two readers by a few texts alone: each process makes the rest once and keeps it."""

import re
import secrets
from collections.abc import Hashable
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.html import conditional_escape
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from newsroom.models import Newsroom

MOST = 100
# What the layout (templates/layouts/page.html) shows of the newsroom.
SHOWN = ("public_name", "accent", "logo_type", "legal_name", "address", "registration", "reply_to")

# Where a text of a reader's own belongs. Nobody can write one: it is drawn by chance in each process.
_MARK = secrets.token_hex(16)
_CUT = re.compile(rf"{_MARK}(\w+);")
_made: dict[tuple[Any, ...], list[str]] = {}


def render_kept(request: HttpRequest, template: str, same: dict[str, Hashable], own: dict[str, str]) -> HttpResponse:
    """Like `render`, but that the page around the texts of `own` is kept for all whose `same` is the same.

    Nothing of `own` is kept. The template prints each of them as it is, and decides nothing by them; beside both it may
    look only at what the layout looks at.
    """
    if len(get_messages(request)):
        return render(request, template, same | own)
    newsroom = Newsroom.current()
    key = (
        template, get_language(), request.get_full_path(), request.user.is_authenticated, *same.items(),
        *newsroom.languages, *(getattr(newsroom, name) for name in SHOWN),
    )  # fmt: skip
    parts = _made.get(key)
    if parts is None:
        marks = {name: mark_safe(f"{_MARK}{name};") for name in own}  # noqa: S308  it is ours
        parts = _CUT.split(render_to_string(template, same | marks, request))
        if len(_made) >= MOST:
            _made.clear()
        _made[key] = parts
    page = parts.copy()
    page[1::2] = [conditional_escape(own[name]) for name in parts[1::2]]
    return HttpResponse("".join(page))
