"""Pages for people: how they are rendered, and their stylesheet."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import Context, Engine

from . import clock

HERE = Path(__file__).parent


def page(template: str, status: int = 200, **context: Any) -> HttpResponse:
    """A page from sandbox/templates/sandbox/, with `now` (aware UTC) beside its own context.

    Rendered by an engine of the sandbox's own: the product's context processors and loaders have no say here.
    A template begins with {% extends "sandbox/page.html" %} and fills the blocks title and main."""
    now = datetime.fromtimestamp(clock.now(), UTC)
    body = _engine().get_template(f"sandbox/{template}").render(Context({"now": now, **context}))
    return HttpResponse(body, status=status)


def style(_request: HttpRequest) -> HttpResponse:
    """The one stylesheet."""
    return HttpResponse((HERE / "templates/sandbox/style.css").read_bytes(), content_type="text/css; charset=utf-8")


@cache
def _engine() -> Engine:
    return Engine(
        dirs=[str(HERE / "templates")], libraries={"sandbox": "sandbox.wording"}, builtins=["sandbox.wording"]
    )
