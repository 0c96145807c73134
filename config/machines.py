"""What machines send is answered before anything that only pages need: sessions, languages, forms, people, their log.

Webhooks come in bursts, and for them all that would be more than half of the work. docs/decisions/0007 has the figures.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import resolve

# Nothing in these answers is to be shown, by anybody.
HEADERS = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "X-Frame-Options": "DENY"}


def machines(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware. Whatever lies under /webhooks/ is answered here, by the view that config.urls names."""

    def enter(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/webhooks/"):
            return get_response(request)
        request.get_host()  # raises for a host that is not this installation's, as CommonMiddleware does for pages
        request.resolver_match = found = resolve(request.path_info)
        response: HttpResponse = found.func(request, *found.args, **found.kwargs)
        response.headers["Content-Length"] = str(len(response.content))
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response

    return enter
