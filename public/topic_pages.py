"""The pages of topics: the board, the life of one, suggesting and following.

Who follows what stands in no address, log or table: following is one POST that names the topic in its body and leads to
the patron's own page.
"""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from letters import printing
from members import names, roles
from members.models import Patron
from payments.forms import is_readable
from public import errors
from public.forms import SuggestionForm
from voting import board, follows, similar, suggestions
from voting.models import RoundTopic, Suggestion, Topic, TopicState


def _language() -> str:
    return "uk" if get_language() == "uk" else "en"


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """/topics/: promised and delivered."""
    return render(request, "public/topics.html", {"board": board.read(_language())})


@require_safe
def topic(request: HttpRequest, slug: str) -> HttpResponse:
    """/topics/rivers/: its life, with the public reasons. A merged topic leads to the one it became a part of."""
    row = get_object_or_404(Topic.objects.public().select_related("story", "merged_into"), slug=slug)
    if row.state == TopicState.MERGED:
        return redirect("public:topic", follows.standing(row).slug)
    language, patron = _language(), request.user if isinstance(request.user, Patron) else None
    entries = RoundTopic.objects.filter(topic=row, round__opened_at__isnull=False).select_related("round")
    context = {
        "topic": row,
        "title": row.title(language),
        "pitch": row.pitch(language),
        "plan": row.plan(language),
        "steps": _steps(row, language),
        "rounds": [(entry, entry.round.title(language)) for entry in entries.order_by("round__opened_at")],
        "authors": _authors(row),
        "is_over": row.state in {TopicState.PUBLISHED, TopicState.DROPPED, TopicState.DECLINED, TopicState.EXPIRED},
        "is_following": patron is not None and follows.is_following(patron, row),
    }
    return render(request, "public/topic.html", context)


def _steps(row: Topic, language: str) -> list[dict[str, Any]]:
    """What happened to it, for the timeline. Without words, an expiry says how often it was not chosen."""
    steps = []
    for change in row.changes.select_related("round", "instead_of"):
        what = str(change.get_state_display()).capitalize()
        if change.round:
            what += f": {change.round.title(language)}"
        if change.instead_of:
            what += _(", in the place of “%(title)s”") % {"title": change.instead_of.title(language)}
        why = change.reason
        if change.state == TopicState.EXPIRED and not why:
            why = _("times not chosen: %(count)s") % {"count": row.times_not_chosen}
        steps.append({"at": change.at, "day": printing.day(change.at, language), "what": what, "why": why})
    return steps


def _authors(row: Topic) -> list[str]:
    """Those who suggested it and chose to be named."""
    named = Suggestion.objects.filter(topic=row, is_author_named=True, author__isnull=False).select_related("author")
    found = {names.of(one.author, names.Audience.SIGNED) for one in named if one.author}
    return sorted(found - {""})


@require_safe
@cache_control(public=True, max_age=60)
def words(_request: HttpRequest) -> HttpResponse:
    """/topics/words.json: what static/js/suggest.js compares a title with. The same for everybody."""
    language = _language()
    rows = [{"slug": row.slug, "title": row.title(language), "words": similar.words(row)} for row in similar.compared()]
    return JsonResponse({"topics": rows, "enough": similar.ENOUGH, "shown": similar.SHOWN})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@roles.signed_in
def suggest(request: HttpRequest) -> HttpResponse:
    """/topics/suggest/: the form. What is like a topic that stands is asked about once, then taken."""
    patron = roles.patron_of(request)
    if not suggestions.may_suggest(patron):
        return render(request, "public/suggest_members.html")
    if request.method != "POST":
        return _form(request, SuggestionForm(initial={"language": _language()}))
    if not is_readable(request.POST):
        return errors.page(request, HTTPStatus.BAD_REQUEST)
    form = SuggestionForm(request.POST)
    if not form.is_valid():
        return _form(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    said = form.cleaned_data
    if said["asked"] != said["title"] and (near := similar.to(said["title"])):
        return _form(request, form, near)
    try:
        suggestions.suggest(
            patron, title=said["title"], why=said["why"], links=said["links"], language=said["language"],
            is_author_named=said["named"] and bool(names.of(patron, names.Audience.SIGNED)),
        )  # fmt: skip
    except suggestions.Refusal as refusal:
        form.add_error(None, str(refusal))
        return _form(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, _("Thank you. The newsroom reads it and answers you."))
    return redirect("portal:topics")


def _form(
    request: HttpRequest, form: SuggestionForm, near: list[Topic] | None = None, status: int = HTTPStatus.OK
) -> HttpResponse:
    language, patron = _language(), roles.patron_of(request)
    context = {
        "form": form,
        "near": [(row, row.title(language), row.pitch(language)) for row in near or []],
        "asked": form.cleaned_data["title"] if near else "",
        "name": names.of(patron, names.Audience.SIGNED),
        "answer_by": suggestions.promised_day(),
        "at_once": suggestions.WAITING_AT_ONCE,
        "in_a_month": suggestions.IN_A_MONTH,
    }
    return render(request, "public/suggest.html", context, status=status)


@require_POST
@roles.signed_in
def follow(request: HttpRequest) -> HttpResponse:
    """/topics/follow/: follows the topic that the body names, or no longer; then the patron's page of them."""
    patron = roles.patron_of(request)
    slug = request.POST.get("topic", "")
    row = (
        Topic.objects.public().select_related("merged_into").filter(slug=slug).first()
        if is_readable(request.POST)
        else None
    )
    if row is None:
        raise Http404
    if request.POST.get("do") == "stop":
        follows.unfollow(patron, row)
        messages.success(request, _("You no longer follow it."))
    else:
        follows.follow(patron, row)
        messages.success(request, _("You get one letter: when its story is out, or when there will be none."))
    return redirect("portal:topics")
