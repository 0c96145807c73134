"""What the rooms declare that they hold of people, in one place. Each declares it in its own privacy.py:

- `HELD`: a field that says something of a person → what it is, why, and how long;
- `SECRET` and `NOT_PERSONAL`: model → its other fields of text, those that open something and those about nobody;
- `rows(patron)`: what of it belongs to a patron, for the export;
- `NOT_GIVEN`: model of `HELD` → why `rows` gives none of it;
- `erase(patron, now)`: forgets it, and returns how many rows of what were changed.

`tests/house` fails on a field of text that no room has declared, and on a model that is held and not given.
"""

from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db.models import BinaryField, CharField, Field, GenericIPAddressField, JSONField, Model, TextField

from members.models import Patron
from people.models import Erasure, Export, Note

HELD = {
    "Note.text": ("staff's notes about somebody", "help when they write again", "until erased"),
    "Export.file": ("everything held about somebody", "to be taken away by them", "a day"),
}
# The reason is what staff type: the page asks them to name nobody there. `moved` holds numbers of rows.
NOT_PERSONAL = {"Export": "language", "Erasure": "proof digest", "Merge": "reason moved"}

# Django's fields of addresses, links and slugs are kinds of these.
TEXTS = (CharField, TextField, JSONField, BinaryField, GenericIPAddressField)


def rooms() -> Iterator[ModuleType]:
    """The privacy.py of every room that has one, this one included; highest floor first."""
    for room in apps.get_app_configs():
        if find_spec(f"{room.name}.privacy"):
            yield import_module(f"{room.name}.privacy")


def texts(model: type[Model]) -> "list[Field[object, object]]":
    """The fields of a model that could say something of a person: text of any kind that is not one of a few words."""
    fields: list[Field[object, object]] = list(model._meta.concrete_fields)
    return [field for field in fields if _is_text(field) and not field.choices]


def _is_text(field: "Field[object, object]") -> bool:
    inner = field.base_field if isinstance(field, ArrayField) else field
    return isinstance(inner, TEXTS) and not inner.choices


def secrets(room: ModuleType, model: type[Model]) -> set[str]:
    """The fields of a model that no export holds."""
    declared: dict[str, str] = getattr(room, "SECRET", {})
    return set(declared.get(model.__name__, "").split())


def rows(patron: Patron) -> dict[str, Any]:
    """That data was taken away, that erasing was asked for, and what staff noted."""
    return {
        "exports": list(Export.objects.filter(patron=patron).values("asked_at", "ready_at", "expires_at")),
        "erasure": Erasure.objects.filter(patron=patron),
        "notes": list(Note.objects.filter(patron=patron).values("text", "written_at")),
    }


def erase(patron: Patron, now: datetime) -> dict[str, int]:  # noqa: ARG001  the same of every room
    """No file and no note is left."""
    return {
        "exports": Export.objects.filter(patron=patron).delete()[0],
        "notes": Note.objects.filter(patron=patron).delete()[0],
    }
