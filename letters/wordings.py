"""The newsroom's own words in letters: what they may hold, and how a letter with them looks.

Every letter has a part that nobody can word away (what was charged, what to do, how to stop), between a beginning and
an end that can be. Words are plain text; a name in braces stands for a value, and only the occasion's own names may.
"""

import re
import uuid
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from letters import moulds, outbox
from letters.models import Letter, Wording
from letters.occasions import OCCASIONS, Occasion
from newsroom.models import Newsroom


class NotAWording(ValueError):
    """Words that a letter cannot have. `part` is the field, the message its sentence."""

    def __init__(self, part: str, sentence: str) -> None:
        super().__init__(sentence)
        self.part = part


def check(occasion: Occasion, parts: dict[str, str]) -> None:
    """Raises NotAWording for the first part that cannot be."""
    names = ", ".join(f"{{{name}}}" for name in occasion.variables) or _("none")
    for part, words in parts.items():
        unknown = [name for name in re.findall(r"\{([^{}]*)\}", words) if name not in occasion.variables]
        if unknown:
            sentence = _("There is no {%(name)s} in this letter. There are: %(names)s.")
            raise NotAWording(part, sentence % {"name": unknown[0], "names": names})
        if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]", words):
            raise NotAWording(part, _("This holds characters that nobody can see. Write it anew without them."))
    if (subject := parts.get("subject", "")) and subject != moulds.one_line(subject):
        raise NotAWording("subject", _("A subject is one line."))
    if subject and not Wording.PLACEHOLDER.sub("", subject).strip():
        raise NotAWording("subject", _("A subject needs words of its own: what it stands for may be empty."))


@transaction.atomic
def save(occasion: Occasion, language: str, parts: dict[str, str]) -> Wording:
    """The newsroom's words from now on; an empty part is as it came. Raises NotAWording."""
    check(occasion, parts)
    written: Wording = Wording.objects.update_or_create(occasion=occasion.name, language=language, defaults=parts)[0]
    return written


def reset(occasion: Occasion, language: str) -> bool:
    """Back to the words that came with Hromada. Returns whether there were others."""
    return bool(Wording.objects.filter(occasion=occasion.name, language=language).delete()[0])


def of(occasion: Occasion, language: str) -> Wording:
    """The newsroom's words, or an unsaved row without any."""
    found = Wording.objects.of([occasion.name]).get((occasion.name, language))
    return found or Wording(occasion=occasion.name, language=language)


def example(occasion: Occasion, language: str, wording: Wording) -> tuple[str, str, str]:
    """Subject, text and HTML of a letter to an invented patron."""
    return moulds.render(occasion, language, _context(occasion, language), Newsroom.current(), wording)


def originals(occasion: Occasion, language: str) -> dict[str, str]:
    """The parts as they came, with the names of their values in braces."""
    context = _context(occasion, language) | {name: f"{{{name}}}" for name in occasion.variables}
    return moulds.originals(occasion, language, context, Newsroom.current())


def send_example(occasion: Occasion, language: str, to: str) -> Letter | None:
    """The letter as it is worded now, to somebody of the staff."""
    key = f"example:{occasion.name}:{uuid.uuid4().hex}"
    return outbox.write(occasion=occasion.name, key=key, to=to, language=language, context=_context(occasion, language))


def _context(occasion: Occasion, language: str) -> dict[str, Any]:
    return OCCASIONS[occasion.name].example(language) | ({"stop_token": "…"} if occasion.is_declinable else {})
