"""Proves the books: the figures of payments, and the invariants that every room declares."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps

from payments import books
from reports.models import Proof

Checks = list[dict[str, Any]]


def failed(checks: Checks) -> list[str]:
    """The names of those that do not hold."""
    return [check["id"] for check in checks if not check["ok"]]


def prove() -> dict[str, Any]:
    """Figures and checks; `ok` only if every check holds. A check that stumbles is a check that fails.

    That it was done, and what failed, is kept for the page of health.
    """
    checks: Checks = []
    for room in apps.get_app_configs():
        if find_spec(f"{room.name}.invariants"):
            for name, check in import_module(f"{room.name}.invariants").INVARIANTS.items():
                try:
                    detail = check()
                except Exception as error:  # noqa: BLE001  the other checks are still worth their answer
                    detail = f"could not be checked: {type(error).__name__}: {error}"
                checks.append({"id": name, "ok": not detail, "detail": detail})
    Proof.objects.create(is_ok=not failed(checks), failed=failed(checks))
    return {"ok": all(check["ok"] for check in checks), **books.figures(), "checks": checks}
