"""The sandbox as a WSGI application of its own: its URLconf, and none of the product's middleware.

Served by `manage.py sandbox`, which first makes sure that it may run here, or by a thread of a test process that serves
the product as well."""

from typing import Any

from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import set_urlconf

from . import address

CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-ancestors 'none'"


class SandboxHandler(WSGIHandler):
    """Answers by sandbox.urls, whatever ROOT_URLCONF says."""

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: ARG002 (Django's signature)
        """Nothing stands between the request and the view."""
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        self._middleware_chain = convert_exception_to_response(self.answer)

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Find the view and call it."""
        if request.method == "POST" and request.headers.get("Sec-Fetch-Site") == "cross-site":
            return HttpResponse("Another site's page sent this form.", status=403)
        set_urlconf("sandbox.urls")
        request.urlconf = "sandbox.urls"
        if request.method == "POST":
            address.remember(request)
        response: HttpResponse = self._get_response(request)  # type: ignore[attr-defined]  # the stubs lack it
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        response.headers["Cache-Control"] = "no-store"
        response.headers["Content-Length"] = str(len(response.content))
        return response


application = SandboxHandler()
