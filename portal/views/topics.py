"""A patron's part in what is covered: rounds they voted in and what came of them, suggestions, what they follow."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from members import roles
from members.models import Patron
from payments.forms import is_readable
from voting import follows, participation, suggestions
from voting.models import Suggestion, Topic
from voting.models.suggestion import WAITING


@roles.signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def topics(request: HttpRequest) -> HttpResponse:
    """/account/topics/; with POST a suggestion is withdrawn or loses its name, or a topic is followed no more."""
    patron, language = roles.patron_of(request), "uk" if get_language() == "uk" else "en"
    if request.method == "POST":
        if not is_readable(request.POST):
            raise Http404
        _change(request, patron)
        return redirect("portal:topics")
    parts = participation.of(patron)
    theirs = Suggestion.objects.filter(author=patron).select_related("topic__merged_into").order_by("-id")
    context = {
        "parts": [(part, part.round.title(language), _titled(part.chosen, language)) for part in parts],
        "stories": len(participation.stories(parts)),
        "suggestions": [(row, row.state in WAITING, _page_of(row)) for row in theirs],
        "followed": _titled(follows.of(patron, Topic.objects.public().order_by("-id")), language),
    }
    return render(request, "portal/topics.html", context)


def _change(request: HttpRequest, patron: Patron) -> None:
    wanted = request.POST.get("do", "")
    if wanted == "unfollow":
        follows.unfollow(patron, get_object_or_404(Topic, slug=request.POST.get("topic", "")))
        messages.success(request, _("You no longer follow it."))
        return
    reference = request.POST.get("suggestion", "")
    row = next((one for one in Suggestion.objects.filter(author=patron) if str(one.reference) == reference), None)
    if row is None or wanted not in {"withdraw", "unname"}:
        raise Http404
    if wanted == "unname":
        suggestions.unname(row)
        messages.success(request, _("Your name is taken off."))
        return
    try:
        suggestions.withdraw(row)
    except suggestions.Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Withdrawn."))


def _titled(rows: list[Topic], language: str) -> list[tuple[Topic, str]]:
    return [(row, row.title(language)) for row in rows]


def _page_of(row: Suggestion) -> Any:
    """The topic that a suggestion became, where readers may see it."""
    return row.topic if row.topic and row.topic.is_for_ballots else None
