"""/reports/suggestions/: what patrons propose, for editors. Whose it is shows only where the author wished so."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from members import names, roles
from members.models import Patron, Role
from newsroom import clock
from reports.topic_forms import AcceptForm, DeclineForm, MergeSuggestionForm
from voting import similar, suggestions
from voting.models import Suggestion, SuggestionState
from voting.models.suggestion import WAITING

ANSWERED = [SuggestionState.ACCEPTED, SuggestionState.MERGED, SuggestionState.DECLINED, SuggestionState.EXPIRED]


@roles.required(Role.EDITOR, Role.ADMIN)
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Those that wait, the most urgent first; `?answered=1` those that are answered."""
    is_answered = request.GET.get("answered") == "1"
    rows = Suggestion.objects.filter(state__in=ANSWERED).order_by("-answered_at")
    if not is_answered:
        rows = Suggestion.objects.waiting().order_by("answer_by", "id")
    today = clock.today()
    context = {
        "page": Paginator(rows.select_related("topic"), 50).get_page(request.GET.get("page")),
        "is_answered": is_answered,
        "urgent_by": today + suggestions.WARNS_BEFORE,
        "urgent": Suggestion.objects.overdue(today + suggestions.WARNS_BEFORE).count(),
        "days": suggestions.WARNS_BEFORE.days,
    }
    return render(request, "reports/suggestions.html", context)


@roles.required(Role.EDITOR, Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def suggestion(request: HttpRequest, pk: int) -> HttpResponse:
    """/reports/suggestions/7/: one; with POST its answer, or that it is taken up."""
    row = get_object_or_404(Suggestion.objects.exclude(state=SuggestionState.WITHDRAWN), pk=pk)
    wanted = request.POST.get("do", "")
    data = request.POST if request.method == "POST" else None
    made = _forms(row, wanted, data)
    if data is not None and _answer(request, row, wanted, made):
        return redirect("reports:suggestions" if wanted != "take_up" else request.path)
    language = "uk" if get_language() == "uk" else "en"
    author: Patron | None = row.author if row.is_author_named else None
    context = {
        "suggestion": row,
        "waits": row.state in WAITING,
        "may_undo": row.state in {SuggestionState.MERGED, SuggestionState.DECLINED, SuggestionState.EXPIRED},
        "author": names.of(author, names.Audience.SIGNED) if author else "",
        "near": [(topic, topic.title(language)) for topic in similar.to(row.title)],
        "urgent_by": clock.today() + suggestions.WARNS_BEFORE,
        **made,
    }
    return render(request, "reports/suggestion.html", context)


def _forms(row: Suggestion, wanted: str, data: Any) -> dict[str, forms.BaseForm]:
    """The three answers, the one that was sent with what was typed."""
    language = "uk" if get_language() == "uk" else "en"

    def of(name: str) -> Any:
        return data if wanted == name else None

    return {
        "accept": AcceptForm(of("accept"), prefix="accept", initial={f"title_{row.language}": row.title}),
        "merge": MergeSuggestionForm(of("merge"), prefix="merge", language=language),
        "decline": DeclineForm(of("decline"), prefix="decline"),
    }


def _answer(request: HttpRequest, row: Suggestion, wanted: str, made: dict[str, Any]) -> bool:
    """Whether it is done; what hinders it is said on the page."""
    actor = roles.patron_of(request)
    form: Any = made.get(wanted)
    if form is not None and not form.is_valid():
        return False
    said = form.cleaned_data if form is not None else {}
    verbs: dict[str, Callable[[], Any]] = {
        "take_up": lambda: suggestions.take_up(row, actor=actor),
        "accept": lambda: suggestions.accept(
            row, actor=actor, answer=said["answer"], shortlist=said["shortlist"], **form.words()
        ),
        "merge": lambda: suggestions.merge(row, said["topic"], actor=actor, answer=said["answer"]),
        "decline": lambda: suggestions.decline(
            row, actor=actor, answer=said["answer"], public_reason=said["public_reason"]
        ),
    }
    if wanted not in verbs:
        return False
    try:
        verbs[wanted]()
    except suggestions.Refusal as refusal:
        messages.error(request, str(refusal))
        return False
    messages.success(request, _("Done.") if wanted == "take_up" else _("Answered. The author gets a letter."))
    return True
