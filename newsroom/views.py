"""What the newsroom's row gives to every page: its colour and its logo."""

import hashlib

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import condition, require_safe

from newsroom import theme
from newsroom.models import Newsroom

LOGO_TYPES = {"image/png", "image/jpeg", "image/webp", "image/svg+xml"}
# Pages name the row's fingerprint in the address, so a changed colour or logo is another address.
_KEPT = "public, max-age=86400"


def _theme_tag(_request: HttpRequest) -> str:
    sheet = theme.style_sheet(Newsroom.current().accent)
    return f'"{hashlib.sha256(sheet.encode()).hexdigest()[:16]}"'


@require_safe
@condition(etag_func=_theme_tag)
def style(_request: HttpRequest) -> HttpResponse:
    """/theme.css"""
    return HttpResponse(
        theme.style_sheet(Newsroom.current().accent),
        content_type="text/css; charset=utf-8",
        headers={"Cache-Control": _KEPT},
    )


def _logo_tag(_request: HttpRequest) -> str | None:
    image = Newsroom.current().logo
    return f'"{hashlib.sha256(bytes(image)).hexdigest()[:16]}"' if image else None


@require_safe
@condition(etag_func=_logo_tag)
def logo(_request: HttpRequest) -> HttpResponse:
    """/logo"""
    newsroom = Newsroom.current()
    if not newsroom.logo or newsroom.logo_type not in LOGO_TYPES:
        raise Http404
    return HttpResponse(bytes(newsroom.logo), content_type=newsroom.logo_type, headers={"Cache-Control": _KEPT})
