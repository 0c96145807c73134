"""The pages of what went wrong. Each says what happened and what can be done; none shows what was sent."""

from collections.abc import Callable
from http import HTTPStatus

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_PAGES = {
    400: (
        _("This request could not be read"),
        _("Something in the address or in the form is not readable text. Please start again."),
    ),
    403: (_("This page is not open to you"), _("If you believe it should be, write to us.")),
    404: (_("There is no such page"), _("The address may be mistyped, or the page may have moved.")),
    413: (_("That was too much"), _("What was sent is larger than this page takes. Nothing was stored.")),
    422: (_("This cannot be done here"), _("Nothing was changed and nothing was charged.")),
    429: (_("Too many tries"), _("Please wait a few minutes and try again. Nothing was charged.")),
    500: (
        _("Something broke on our side"),
        _("It has been noted. If you were about to give: please look at your mail before you try again."),
    ),
    503: (_("The payment service does not answer"), _("Nothing was charged. Please try again in a few minutes.")),
}


def page(request: HttpRequest, status: int, text: str | Promise = "") -> HttpResponse:
    """The page of a status, with its usual sentence or another one. Works before any middleware has run."""
    title, usual = _PAGES[status]
    with translation.override(translation.get_language_from_request(request)):
        context = {"status": status, "title": title, "text": text or usual, "LANGUAGE_CODE": translation.get_language()}
        return render(request, "public/error.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler of 400; a body over the limit is told apart."""
    return page(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  passed by name
    """Django's handler of 403."""
    return page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  passed by name
    """Django's handler of 404."""
    return page(request, 404)


class NotFoundAsElsewhere:
    """Middleware for DEBUG, where Django shows a page of its own to whoever is lost: readers of the demo see ours.

    Innermost, so that what is between sees the same answers as in an installation.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        is_nowhere = answer.status_code == HTTPStatus.NOT_FOUND and request.resolver_match is None
        return page(request, HTTPStatus.NOT_FOUND) if is_nowhere else answer

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return page(request, HTTPStatus.NOT_FOUND) if isinstance(exception, Http404) else None


def broken(request: HttpRequest) -> HttpResponse:
    """Django's handler of 500. Reads no row and no session: the database may be what broke."""
    title, text = _PAGES[500]
    with translation.override(translation.get_language_from_request(request)):
        context = {"title": title, "text": text, "LANGUAGE_CODE": translation.get_language()}
        return HttpResponse(render_to_string("public/broken.html", context), status=HTTPStatus.INTERNAL_SERVER_ERROR)


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  Django passes it by name
    """Django's CSRF_FAILURE_VIEW: mostly a page left open too long, or cookies turned off."""
    return page(
        request,
        403,
        _(
            "The form was not accepted: it stood open too long, or your browser keeps no cookies. Nothing was charged. "
            "Go back, reload the page and send it again."
        ),
    )
