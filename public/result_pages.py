"""The pages of rounds as readers see them: the list, the result of one, and the file to count it again."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import condition, require_http_methods, require_safe

from letters import printing
from limits import gates
from public import errors, result_tables
from public.result_wording import Words
from voting import publication
from voting.models import Bundle, RollEntry, Round, VoidReason
from voting.publication import Published

PAST_A_PAGE = 20
# A receipt is looked up in the whole file.
LOOK_UPS = 30


def _language() -> str:
    return "uk" if get_language() == "uk" else "en"


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """/rounds/: those open, those to come, and those that are over with what was chosen."""
    rounds = Round.objects.public()
    page = Paginator(rounds.filter(closed_at__isnull=False).order_by("-closes_at"), PAST_A_PAGE).get_page(
        request.GET.get("page")
    )
    chosen = publication.chosen(page)
    context = {
        "open": [_row(one) for one in rounds.open().order_by("closes_at")],
        "coming": [_row(one) for one in rounds.filter(opened_at=None).order_by("opens_at")],
        "past": [_row(one, chosen.get(one.pk)) for one in page],
        "page": page,
    }
    return render(request, "public/rounds.html", context)


def _row(round_: Round, chosen: list[str] | None = None) -> dict[str, Any]:
    language = _language()
    titles = publication.titles(round_, language) if chosen else {}
    return {
        "round": round_,
        "title": round_.title(language),
        "intro": round_.intro(language),
        "opens": printing.moment(round_.opens_at, language),
        "closes": printing.moment(round_.closes_at, language),
        "closed": printing.day(round_.closes_at, language),
        "chosen": [titles[topic] for topic in chosen or []],
    }


def _public(slug: str) -> Round:
    return get_object_or_404(Round.objects.public(), slug=slug)


def _published(slug: str, version: int | None) -> Published:
    """A version of a round's result, the newest unless one is named. 404 where there is none."""
    round_ = _public(slug)
    found = publication.newest(round_) if version is None else publication.version(round_, version)
    if not found:
        raise Http404
    return found


@never_cache
@csrf_protect
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def results(request: HttpRequest, slug: str, version: int | None = None) -> HttpResponse:
    """/rounds/<slug>/results/: what was chosen, and how it came about. With POST also one's own line, by its code."""
    round_ = _public(slug)
    if version is None and not publication.newest(round_):
        context = _row(round_) | {"state": round_.state}
        return render(request, "public/round_uncounted.html", context)
    published = _published(slug, version)
    context = _telling(published, _language())
    if request.method == "POST":
        if not gates.allow("receipt", gates.address(request), limit=LOOK_UPS, seconds=600):
            return errors.page(request, HTTPStatus.TOO_MANY_REQUESTS)
        context["looked_up"] = True
        context["own"] = _own(published, context["words"], request.POST.get("code", ""))
    return render(request, "public/round_results.html", context)


def _telling(published: Published, language: str) -> dict[str, Any]:
    """All that the page shows."""
    round_, result = published.result.round, published.result
    words = Words(published, language, round_.withdrawn)
    versions = list(round_.results.defer("text", "closing").order_by("version"))
    ties = [tie for tie in words.count.get("ties", []) if tie["about"] != "the reserve"]
    simple = words.count.get("simple_majority")
    single, covered = words.facts.get("unweighted"), words.facts.get("coverage")
    return {
        "round": round_,
        "title": round_.title(language),
        "closed": printing.moment(round_.closes_at, language),
        "words": words,
        "headline": words.headline(),
        "chosen": [words.title(topic) for topic in words.count["chosen"]],
        "level": published.level,
        "measure": result_tables.measure(words),
        "topics": result_tables.topics(words),
        "method": words.method(),
        "rounds": result_tables.rounds(words),
        "shares": result_tables.shares(words),
        "duels": result_tables.duels(words),
        "ties": [words.tie(tie) for tie in ties],
        "by_lot": any(tie["by"] == "lot" for tie in ties),
        "simple": words.listed(simple) if simple is not None else "",
        "is_simple_same": simple is not None and set(simple) == set(words.count["chosen"]),
        "unweighted": words.listed(single["chosen"]) if single else "",
        "weights_decide": words.facts["weights_decide"],
        "coverage": covered and result_tables.coverage(words, covered),
        "turnout": _turnout(words),
        "digests": _digests(published),
        "seed": published.closing.seed,
        "bundle": publication.bundle(result),
        "version": result.version,
        "is_newest": result.version == versions[-1].version,
        "versions": [
            {"version": one.version, "day": printing.moment(one.made_at, language), "reason": one.reason}
            for one in versions
        ],
    }


def _turnout(words: Words) -> dict[str, Any]:
    closing = words.published.closing
    joined = RollEntry.objects.filter(round=words.published.result.round, reason=RollEntry.Reason.JOINED).count()
    reasons = {reason.value: str(reason.label) for reason in VoidReason}
    return {
        "roll": words.number(closing.roll),
        "joined": words.number(joined),
        "voted": words.number(closing.voted),
        "share": words.percent(closing.voted, closing.roll),
        "counted": words.number(closing.counted),
        "blank": words.number(closing.blank),
        "voided": [(words.number(many), reasons.get(why, why)) for why, many in sorted(closing.voided.items()) if many],
    }


def _digests(published: Published) -> list[tuple[str, str]]:
    return [
        (_("Configuration"), published.rules.digest),
        (_("Ballots"), published.closing.ballot_digest),
        (_("Result"), published.result.digest),
        (_("Log"), published.log[-1]["hash"] if published.log else ""),
    ]


def _own(published: Published, words: Words, code: str) -> list[str] | None:
    """What a ballot says, line by line; None if there is none with this code."""
    choices = publication.ballot_with(published, code)
    if choices is None:
        return None
    if not choices:
        return [_("Nothing: a blank ballot.")]
    if isinstance(choices, dict):
        return [f"{words.title(topic)}: {words.number(points)}" for topic, points in choices.items()]
    if words.rules.ballot == "ranking":
        return [
            f"{place}. {', '.join(words.title(topic) for topic in group)}" for place, group in enumerate(choices, 1)
        ]
    return [words.title(topic) for topic in choices]


def _bundle(slug: str, version: int | None) -> Bundle:
    return publication.bundle(_published(slug, version).result)


def _etag(_request: HttpRequest, slug: str, version: int | None = None) -> str:
    return f'"{_bundle(slug, version).digest}"'


@require_safe
@condition(etag_func=_etag)
def bundle(request: HttpRequest, slug: str, version: int | None = None) -> HttpResponseBase:
    """/rounds/<slug>/bundle.zip: everything that is needed to count the round again, the same bytes every time."""
    made = _bundle(slug, version)
    parts: Iterator[bytes] = publication.chunks(made) if request.method == "GET" else iter(())
    response = StreamingHttpResponse(parts, content_type="application/zip")
    response["Content-Length"] = str(made.size)
    response["Content-Disposition"] = f'attachment; filename="{slug}.zip"'
    response["Cache-Control"] = "public, max-age=300"
    return response
