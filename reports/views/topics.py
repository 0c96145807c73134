"""/reports/topics/: topics, for editors: their words, where they stand, what came of them."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from members import roles
from members.models import Role
from reports.forms import number
from reports.topic_forms import MergeForm, MoveForm, ReplaceForm, WordsForm
from voting import topics
from voting.models import Round, Topic, TopicState
from voting.models.topic import BEFORE_A_BALLOT


def _language() -> str:
    return "uk" if get_language() == "uk" else "en"


@roles.required(Role.EDITOR, Role.ADMIN)
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """All, newest first; `?state=chosen` those that stand there, `?round=3` those that a round chose."""
    state = request.GET.get("state", "")
    rows: QuerySet[Topic] = Topic.objects.order_by("-id")
    if state in TopicState.values:
        rows = rows.filter(state=state)
    chosen_in = Round.objects.filter(pk=number(request.GET.get("round", ""))).first()
    if chosen_in:
        rows = rows.filter(pk__in=chosen_in.topic_changes.filter(state=TopicState.CHOSEN).values("topic"))
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [(row, row.title(_language())) for row in page],
        "states": TopicState.choices,
        "state": state,
        "chosen_in": chosen_in,
        "waiting": Topic.objects.filter(state=TopicState.CHOSEN).count(),
    }
    return render(request, "reports/topics.html", context)


@roles.required(Role.EDITOR, Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """/reports/topics/new/: a topic of the newsroom's own."""
    form = WordsForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        row = topics.make(actor=roles.patron_of(request), **form.words())
        messages.success(request, _("Saved."))
        return redirect("reports:topic", row.pk)
    return render(request, "reports/topic_new.html", {"form": form})


@roles.required(Role.EDITOR, Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def topic(request: HttpRequest, pk: int) -> HttpResponse:
    """/reports/topics/7/: one; with POST its words, a move, a merging or its undoing."""
    row = get_object_or_404(Topic.objects.select_related("story", "merged_into"), pk=pk)
    wanted, sent = request.POST.get("do", ""), request.POST if request.method == "POST" else None

    def of(name: str) -> Any:
        return sent if wanted == name else None

    # The form sets the row that it is given.
    made: dict[str, Any] = {
        "word": WordsForm(of("word"), prefix="word", instance=Topic.objects.get(pk=pk)),
        "move": MoveForm(of("move"), prefix="move", topic=row),
        "merge": MergeForm(of("merge"), prefix="merge", language=_language(), without=row),
        "replace": ReplaceForm(of("replace"), prefix="replace"),
    }
    if sent is not None and _change(request, row, wanted, made.get(wanted)):
        return redirect("reports:topic", row.pk)
    after = topics.next_for(row)
    context = {
        "topic": row,
        "next": (after.pk, after.title(_language())) if after else None,
        "title": row.title(_language()),
        "changes": row.changes.select_related("round").order_by("-id"),
        "is_before": row.state in BEFORE_A_BALLOT,
        "into": row.merged_into.title(_language()) if row.merged_into else "",
        **made,
    }
    return render(request, "reports/topic.html", context)


def _change(request: HttpRequest, row: Topic, wanted: str, form: Any) -> bool:
    """Whether it is done; what hinders it is said on the page."""
    if form is not None and not form.is_valid():
        return False
    actor, said = roles.patron_of(request), form.cleaned_data if form is not None else {}
    verbs: dict[str, Callable[[], Any]] = {
        "word": lambda: topics.word(row, actor=actor, **form.words()),
        "move": lambda: topics.move(row, said["state"], actor=actor, reason=said["reason"], story=said.get("found")),
        "merge": lambda: topics.merge(row, said["topic"], actor=actor),
        "replace": lambda: topics.replace(row, reason=said["reason"], actor=actor),
        "unmerge": lambda: topics.unmerge(row, actor=actor),
    }
    if wanted not in verbs:
        return False
    try:
        verbs[wanted]()
    except topics.Refusal as refusal:
        messages.error(request, str(refusal))
        return False
    messages.success(request, _("Saved."))
    return True
