"""The language of a patron's letters and pages."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from members import roles
from portal.forms import LanguageForm


@roles.signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def language(request: HttpRequest) -> HttpResponse:
    """/account/language/"""
    patron = roles.patron_of(request)
    form = LanguageForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "portal/language.html", {"form": form, "chosen": patron.language}, status=_status(form))
    patron.language = form.cleaned_data["language"]
    patron.save(update_fields=["language"])
    with translation.override(patron.language):
        messages.success(request, _("Pages and letters are in English from now on."))
    answer = redirect("portal:language")
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        patron.language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
    return answer


def _status(form: LanguageForm) -> int:
    return 422 if form.is_bound else 200
