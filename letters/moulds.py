"""Letters from moulds: what all letters of an occasion share is rendered once, and what is personal is filled in.

Rendering two templates and inlining the styles takes far longer than everything else about a letter. Most letters of
an occasion differ in a name, an amount, a day: one line of plain text each. So a letter is rendered with a mark in the
place of each of these, and the marks are replaced, escaped where it is HTML. Whatever else is in a letter's context (a
cause, a switch, an empty name) may change the words, so it is a part of the mould's key: nothing is guessed.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from css_inline import CSSInliner
from django.conf import settings
from django.template import Context
from django.template.loader import get_template
from django.utils import translation
from django.utils.html import escape

from letters.models import Wording
from letters.occasions import Occasion
from newsroom import theme
from newsroom.models import Newsroom

# The grounds of a letter in templates/emails/base.html, on light and on dark screens.
LIGHT, DARK = "#ffffff", "#211e1a"
# Of every letter, beside what its occasion lists. `stop_token` is the personal part of the link that stops reminders.
PERSONAL = ("greeting", "stop_token")
MOULDS = 300  # about 20 kB each

# Letters and digits only, so that nothing on the way to HTML touches it; drawn anew by each process, so that nobody
# can write one into a name.
_MARK = f"m{secrets.token_hex(8)}m"
_MARKED = re.compile(_MARK + r"(\d\d)")
_inliner = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


@dataclass(frozen=True)
class Mould:
    """The three parts of a letter, with marks where the personal values go."""

    subject: str
    text: str
    html: str

    def fill(self, values: list[str]) -> tuple[str, str, str]:
        """Subject, text and HTML with the values in their places."""

        def put(part: str, values: list[str]) -> str:
            return _MARKED.sub(lambda mark: values[int(mark[1])], part)

        return (
            one_line(put(self.subject, values))[:255],
            put(self.text, values),
            put(self.html, [escape(value) for value in values]),
        )


@dataclass(frozen=True)
class _Shape:
    """What a mould is made from. Equal keys make equal moulds."""

    key: str
    occasion: str
    language: str
    context: dict[str, Any] = field(compare=False)


def render(
    occasion: Occasion, language: str, context: Mapping[str, Any], newsroom: Newsroom, wording: Wording | None
) -> tuple[str, str, str]:
    """Subject, text and HTML of a letter. `wording` is the newsroom's own of this occasion and language, if any."""
    values: list[str] = []
    with translation.override(language):
        shared = _marked(context, (*occasion.variables, *PERSONAL), values)
        own = wording.filled({name: shared.get(name, "") for name in occasion.variables}) if wording else {}
        shape = shared | {"wording": own, "newsroom": newsroom}
        key = repr([settings.SITE_URL, sorted(shared.items()), sorted(own.items()), _look(newsroom)])
        return _mould(_Shape(key, occasion.name, language, shape)).fill(values)


def originals(occasion: Occasion, language: str, context: Mapping[str, Any], newsroom: Newsroom) -> dict[str, str]:
    """The parts that a wording replaces, as the templates have them."""
    everything = {**context, "newsroom": newsroom, "language": language, "site_url": settings.SITE_URL}

    def part(name: str, layout: str) -> str:
        words = _render(f"emails/{occasion.name}/{name}", everything | {"layout": layout}, escape=False)
        return re.sub(r"\n{3,}", "\n\n", words).strip()

    with translation.override(language):
        return {
            "subject": one_line(part("subject.txt", "")),
            "opening": part("letter.txt", "emails/opening.txt"),
            "closing": part("letter.txt", "emails/closing.txt"),
        }


def one_line(text: str) -> str:
    """`text` with every kind of line break and other white space as one space, fit for a header."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", text).split())


def _marked(context: Mapping[str, Any], personal: tuple[str, ...], values: list[str]) -> dict[str, Any]:
    """The context with a mark for each personal value, which is added to `values`. An empty value stays empty."""

    def mark(value: Any) -> str:
        if not value:
            return ""
        values.append(str(value))
        return f"{_MARK}{len(values) - 1:02}"

    marked: dict[str, Any] = {name: mark(value) if name in personal else value for name, value in context.items()}
    if "facts" in marked:
        marked["facts"] = [(str(label), mark(value)) for label, value in marked["facts"]]
    if marked.get("action"):
        label, address = marked["action"]
        marked["action"] = (str(label), mark(address))
    return marked


def _look(newsroom: Newsroom) -> list[Any]:
    """Whatever a letter may show of the newsroom."""
    return [getattr(newsroom, field.attname) for field in Newsroom._meta.concrete_fields if field.name != "logo"]


@lru_cache(maxsize=MOULDS)
def _mould(shape: _Shape) -> Mould:
    newsroom = shape.context["newsroom"]
    everything = shape.context | {
        "language": shape.language,
        "site_url": settings.SITE_URL,
        "accent_on_light": theme.readable(newsroom.accent, LIGHT),
        "accent_on_dark": theme.readable(newsroom.accent, DARK),
    }

    def part(name: str, layout: str, *, escape: bool) -> str:
        return _render(f"emails/{shape.occasion}/{name}", everything | {"layout": layout}, escape=escape)

    return Mould(
        everything["wording"].get("subject") or part("subject.txt", "", escape=False),
        re.sub(r"\n{3,}", "\n\n", part("letter.txt", "emails/base.txt", escape=False)).strip() + "\n",
        _inliner.inline(part("letter.txt", "emails/base.html", escape=True)),
    )


def _render(name: str, context: dict[str, Any], *, escape: bool) -> str:
    template: Any = get_template(name)
    return str(template.template.render(Context(context, autoescape=escape)))
