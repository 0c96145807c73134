"""/reports/wording/: the newsroom's own words in letters, how the letters then look, and one of them to try."""

from typing import Any

from csp.constants import NONE, UNSAFE_INLINE
from csp.decorators import csp
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit import log
from letters import wordings
from letters.models import Wording
from letters.occasions import OCCASIONS, Occasion
from members import roles
from members.models import Language, Role
from reports.forms import WordingForm

# A letter brings its own look and nothing else; in this document nothing runs, loads or is sent.
OF_A_LETTER = {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "img-src": ["data:"],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [NONE],
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox", "allow-top-navigation-by-user-activation"],
}


@roles.required(Role.ADMIN)
@require_safe
def wording_list(request: HttpRequest) -> HttpResponse:
    """Every occasion, and in which languages the newsroom has words of its own."""
    own = Wording.objects.of(OCCASIONS)
    rows = [
        {
            "occasion": occasion,
            "languages": [(code, label, (occasion.name, code) in own) for code, label in Language.choices],
        }
        for occasion in OCCASIONS.values()
    ]
    return render(request, "reports/wording_list.html", {"rows": rows})


@roles.required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def wording(request: HttpRequest, name: str, language: str) -> HttpResponse:
    """One occasion in one language: its words, and the letter with them. POST does what its button says."""
    occasion, row = _row(name, language)
    do = request.POST.get("do", "")
    if do in {"reset", "send"}:
        return (_reset if do == "reset" else _send)(request, occasion, language)
    form = WordingForm(request.POST if request.method == "POST" else None, wording=row)
    if form.is_valid() and do == "save":
        return _save(request, form, language)
    subject, text, _html = wordings.example(occasion, language, row)
    context = {
        "form": form, "occasion": occasion, "language": language, "languages": Language.choices,
        "originals": wordings.originals(occasion, language), "subject": subject, "text": text,
        "is_own": row.pk is not None,
    }  # fmt: skip
    return render(request, "reports/wording.html", context)


@csp(OF_A_LETTER)  # type: ignore[arg-type]  # written for views without arguments
@roles.required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def letter(request: HttpRequest, name: str, language: str) -> HttpResponse:
    """The HTML of the letter, as a mail program shows it; with POST as it would be with what was typed."""
    occasion, row = _row(name, language)
    form = WordingForm(request.POST if request.method == "POST" else None, wording=row)
    if form.is_bound and not form.is_valid():
        raise Http404
    return HttpResponse(wordings.example(occasion, language, row)[2])


def _row(name: str, language: str) -> tuple[Occasion, Wording]:
    if name not in OCCASIONS or language not in Language.values:
        raise Http404
    return OCCASIONS[name], wordings.of(OCCASIONS[name], language)


def _save(request: HttpRequest, form: WordingForm, language: str) -> HttpResponse:
    changes: dict[str, Any] = {part: [form.initial[part], form.cleaned_data[part]] for part in form.changed_data}
    with transaction.atomic():
        wordings.save(form.occasion, language, form.cleaned_data)
        if changes:
            _record(request, "wording.change", form.occasion, language, **changes)
    messages.success(request, _("Saved."))
    return redirect("reports:wording", form.occasion.name, language)


def _reset(request: HttpRequest, occasion: Occasion, language: str) -> HttpResponse:
    with transaction.atomic():
        if wordings.reset(occasion, language):
            _record(request, "wording.reset", occasion, language)
    messages.success(request, _("The words are as they came."))
    return redirect("reports:wording", occasion.name, language)


def _send(request: HttpRequest, occasion: Occasion, language: str) -> HttpResponse:
    with transaction.atomic():
        wordings.send_example(occasion, language, roles.patron_of(request).email)
        _record(request, "wording.try", occasion, language)
    messages.success(request, _("An example is on its way to your own address, in the words that are saved."))
    return redirect("reports:wording", occasion.name, language)


def _record(request: HttpRequest, action: str, occasion: Occasion, language: str, **changes: Any) -> None:
    log.record(roles.patron_of(request), action, target=f"wording:{occasion.name}:{language}", **changes)
