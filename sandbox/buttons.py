"""The buttons of the dashboard: each is a POST that takes a form or JSON. It answers JSON to whoever asks for that in
Accept, and otherwise leads back to the page."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.http import require_POST

from . import cards, pages, store
from .errors import ApiError, invalid

Given = dict[str, Any]
Verb = Callable[..., dict[str, Any]]


def button(verb: Verb) -> Callable[..., HttpResponse]:
    """A view from a verb that takes what was given and says what came of it. A refusal is answered with its status."""

    @require_POST
    @wraps(verb)
    def view(request: HttpRequest, **path_ids: Any) -> HttpResponse:
        status = 200
        try:
            result = verb(_read(request), **path_ids)
        except ApiError as error:
            status, result = error.status, {"error": error.body}
        except cards.Declined as error:
            status, result = 402, {"error": {"message": str(error), "code": error.code}}
        except store.Missing as error:
            status, result = 404, {"error": {"message": str(error)}}
        if "application/json" in request.headers.get("Accept", ""):
            return JsonResponse(result, status=status)
        if "error" in result:
            return pages.page("refusal.html", status=status, message=result["error"]["message"])
        return HttpResponseRedirect("/sandbox/", status=303)

    return view


def _read(request: HttpRequest) -> Given:
    if request.content_type != "application/json":
        return dict(request.POST.items())
    try:
        given = json.loads(request.body or b"{}")
    except ValueError as error:
        raise invalid("The body is not JSON.") from error
    if not isinstance(given, dict):
        raise invalid("The body is not a JSON object.")
    return given


def text(given: Given, name: str) -> str:
    """A field that must be filled in."""
    if not (value := str(given.get(name) or "").strip()):
        raise invalid(f"{name} is missing.", name, "parameter_missing")
    return value


def whole(given: Given, name: str) -> int:
    """A whole number that must be given."""
    try:
        return int(text(given, name))
    except ValueError as error:
        raise invalid(f"{name} is not a whole number.", name) from error


def whole_or_none(given: Given, name: str) -> int | None:
    """A whole number, or None where the field is left empty."""
    return whole(given, name) if given.get(name) not in (None, "") else None


def flag(given: Given, name: str) -> bool:
    """A checkbox or a JSON boolean."""
    return given.get(name) not in (None, "", False, "false", "0", 0)


def probability(given: Given, name: str) -> float:
    """A number from 0 to 1; nothing is 0."""
    try:
        value = float(given[name] or 0)
    except (TypeError, ValueError) as error:
        raise invalid(f"{name} is not a number.", name) from error
    if not 0 <= value <= 1:
        raise invalid(f"{name} is a probability, from 0 to 1.", name)
    return value


def moment(given: Given, name: str) -> int:
    """A Unix second, or an ISO moment (UTC where it names no zone), as a Unix second."""
    written = text(given, name)
    if written.isascii() and written.isdigit():
        return int(written)
    try:
        read = datetime.fromisoformat(written)
    except ValueError as error:
        raise invalid(f"{name} is neither a Unix second nor a moment such as 2026-12-31T12:00.", name) from error
    return int((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp())


def words(given: Given, name: str) -> list[str]:
    """A JSON array, or words parted by commas or spaces."""
    value = given[name]
    return [str(word) for word in (value if isinstance(value, list) else str(value).replace(",", " ").split())]


def mapping(given: Given, name: str) -> dict[str, Any]:
    """A JSON object, as such or written out in a form's field."""
    value = given[name]
    try:
        read = json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        raise invalid(f"{name} is not JSON.", name) from error
    if not isinstance(read, dict):
        raise invalid(f"{name} is not a JSON object.", name)
    return read
