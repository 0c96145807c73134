"""What every page's template knows of the newsroom."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from newsroom.models import Newsroom, read_once


def reads_once(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware. A page that looks at the newsroom's zone, name and grace reads its row once."""

    def answer(request: HttpRequest) -> HttpResponse:
        with read_once():
            return get_response(request)

    return answer


def newsroom(_request: HttpRequest) -> dict[str, Any]:
    """Context of all templates: the newsroom's row (read only when a page uses it), and whether this is the demo."""
    return {"newsroom": SimpleLazyObject(Newsroom.current), "is_demo": settings.DEMO}
