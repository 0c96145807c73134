"""The outermost door: requests that no page of ours takes are refused before anything reads them.

Django refuses most of this too, but deep inside, where a middleware has already begun to parse.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from public import errors

LONGEST_QUERY = 8_000
_UTF8 = {"utf-8", "utf8"}


def door(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware. Bodies over the limit: 413. Endless queries, and text in another encoding than UTF-8: 400.

    No address of ours holds a NUL, and PostgreSQL takes none, so whatever is looked for by one: 404.
    """

    def enter(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdigit()):
            return errors.page(request, 400)
        if int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return errors.page(request, 413)
        if "\x00" in request.path:
            return errors.page(request, 404)
        query = request.META.get("QUERY_STRING", "")
        if len(query) > LONGEST_QUERY or query.count("&") >= settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:
            return errors.page(request, 400)
        if (request.content_params or {}).get("charset", "utf-8").strip("\"'").lower() not in _UTF8:
            return errors.page(request, 400)
        return get_response(request)

    return enter
