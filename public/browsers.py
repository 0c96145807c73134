"""The random cookie by which two tabs, a double click and the back button of one browser lead to one payment.

It names nobody and lives a day. What is stored beside a donation is its keyed hash.
"""

import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

COOKIE = "__Host-giving" if settings.SESSION_COOKIE_SECURE else "giving"
_DAY = 86_400


def known(request: HttpRequest) -> str:
    """The cookie's value; a new one where the browser has none, or one that is not ours."""
    value: str = request.COOKIES.get(COOKIE, "")
    return value if len(value) == 32 and value.isascii() else secrets.token_urlsafe(24)


def fingerprint(value: str) -> str:
    """The keyed hash that may be stored."""
    return salted_hmac("public.browsers", value, algorithm="sha256").hexdigest()


def keep(response: HttpResponse, value: str) -> HttpResponse:
    """Sets the cookie on the response, for a day from now."""
    response.set_cookie(
        COOKIE, value, max_age=_DAY, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )
    return response
