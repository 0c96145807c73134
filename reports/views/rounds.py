"""/reports/rounds/: editors draft rounds and see them through. Turnout is all that they learn meanwhile."""

from collections.abc import Callable, Iterator
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from letters.printing import moment
from members import roles
from members.models import Patron, Role
from newsroom import clock
from reports.round_forms import CorrectForm, ExtendForm, RoundForm, TopicsForm, WithdrawForm
from voting import eligibility, rounds, wording
from voting import forms as ballot_forms
from voting.methods.canonical import Malformed
from voting.methods.configuration import FEWEST_OF_A_WEIGHT
from voting.models import Eligibility, Round, RoundLog, RoundState, VoidReason

editors = roles.required(Role.EDITOR, Role.ADMIN)
Refused = (
    rounds.NotADraft, rounds.NotOpen, rounds.NotReady, rounds.NotLater, rounds.ReasonMissing, rounds.NotArchivable,
    rounds.NotCounted,
    rounds.BeingCounted,
)  # fmt: skip
# From how many of those who came after the opening, and from which share of the roll, editors are told of a surge.
SURGE, SURGE_SHARE = 10, 10
LOGGED = {
    "created": gettext_lazy("drafted"),
    "scheduled": gettext_lazy("scheduled"),
    "unscheduled": gettext_lazy("taken back into a draft"),
    "left_out": gettext_lazy("topics left out that could not stand on the ballot any more"),
    "opened": gettext_lazy("opened, rules sealed"),
    "withdrawn": gettext_lazy("topic withdrawn"),
    "extended": gettext_lazy("given more time"),
    "voided": gettext_lazy("ballots voided"),
    "not_voided": gettext_lazy("ballots that should have been voided counted: the secret was lost"),
    "weights_lowered": gettext_lazy("weights lowered that too few ballots had"),
    "closed": gettext_lazy("closed, ballots sealed"),
    "counted": gettext_lazy("counted"),
    "replaced": gettext_lazy("place of a dropped topic given to the next"),
    "archived": gettext_lazy("put away"),
}


def _language() -> str:
    return "uk" if get_language() == "uk" else "en"


@editors
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """All rounds, the newest first."""
    page = Paginator(Round.objects.all(), 50).get_page(request.GET.get("page"))
    rows = [(one, one.title(_language()), rounds.turnout(one) if one.opened_at else None) for one in page]
    return render(request, "reports/rounds.html", {"page": page, "rows": rows})


@editors
@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest) -> HttpResponse:
    """A new round."""
    return _drafting(request, None)


@editors
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """A draft's words, rules and times."""
    return _drafting(request, get_object_or_404(Round, pk=pk, scheduled_at=None))


def _drafting(request: HttpRequest, of: Round | None) -> HttpResponse:
    form = RoundForm(request.POST if request.method == "POST" else None, instance=of)
    if form.is_valid() and (made := _saved(request, of, form)):
        messages.success(request, _("Saved."))
        return redirect("reports:round" if of else "reports:round-topics", pk=made.pk)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "reports/round_draft.html", {"form": form, "round": of}, status=status)


def _saved(request: HttpRequest, of: Round | None, form: RoundForm) -> Round | None:
    """The round as the form says, or None where the form now says why not."""
    actor = roles.patron_of(request)
    try:
        if of is None:
            return rounds.draft(actor=actor, **form.fields_of_round)
        rounds.change(Round.objects.get(pk=of.pk), actor=actor, **form.fields_of_round)
    except ValidationError as refusal:
        for text in refusal.messages:
            form.add_error(None, text)
        return None
    except rounds.NotADraft as refusal:
        form.add_error(None, refusal.sentence)
        return None
    return of


@editors
@require_http_methods(["GET", "HEAD", "POST"])
def topics(request: HttpRequest, pk: int) -> HttpResponse:
    """Which topics stand on a draft's ballot."""
    of = get_object_or_404(Round, pk=pk, scheduled_at=None)
    form = TopicsForm(request.POST if request.method == "POST" else None, of=of)
    if form.is_valid():
        try:
            rounds.set_topics(of, form.entries(), actor=roles.patron_of(request))
        except (rounds.NotADraft, rounds.NotReady) as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, _("Saved."))
            return redirect("reports:round", pk=of.pk)
    rows = [(topic.title(_language()), order, cost) for topic, order, cost in form.rows()]
    context = {"round": of, "title": of.title(_language()), "form": form, "rows": rows}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "reports/round_topics.html", context, status=status)


@editors
@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The ballot as voters see it; nothing can be cast here."""
    of = get_object_or_404(Round, pk=pk)
    try:
        rules = rounds.rules(of)
    except Malformed:
        messages.error(request, _("Choose topics first; then there is a ballot to look at."))
        return redirect("reports:round", pk=of.pk)
    paper = ballot_forms.sheet(of, rules, language=_language())
    return render(request, "reports/round_preview.html", {**wording.told(of, rules, _language()), "sheet": paper})


@editors
@require_http_methods(["GET", "HEAD", "POST"])
def round_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One round: where it stands, and with POST what is done with it."""
    of = get_object_or_404(Round, pk=pk)
    bound = {
        name: form(request.POST if request.POST.get("do") == name else None, of=of) for name, form in FORMS.items()
    }
    if request.method == "POST":
        return _done(request, of, bound)
    return _shown(request, of, bound)


def _done(request: HttpRequest, of: Round, bound: dict[str, forms.Form]) -> HttpResponse:
    """Does what was asked for and comes back, or says on the page why not."""
    what = request.POST.get("do", "")
    if what not in VERBS:
        raise BadRequest
    form = bound.get(what)
    if form and not form.is_valid():
        return _shown(request, of, bound, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        VERBS[what](of, roles.patron_of(request), form.cleaned_data if form else {})
    except Refused as refusal:
        of.refresh_from_db()
        return _shown(request, of, bound, refusal=refusal.sentence, status=HTTPStatus.CONFLICT)
    messages.success(request, _("Done."))
    return redirect("reports:round", pk=of.pk)


def _schedule(of: Round, actor: Patron, _said: dict[str, Any]) -> None:
    rounds.schedule(of, actor=actor)


def _unschedule(of: Round, actor: Patron, _said: dict[str, Any]) -> None:
    rounds.unschedule(of, actor=actor)


def _archive(of: Round, actor: Patron, _said: dict[str, Any]) -> None:
    rounds.archive(of, actor=actor)


def _withdraw(of: Round, actor: Patron, said: dict[str, Any]) -> None:
    rounds.withdraw(of, said["topic"], reason=said["reason"], actor=actor)


def _extend(of: Round, actor: Patron, said: dict[str, Any]) -> None:
    rounds.extend(of, closes_at=said["closes_at"], reason=said["reason"], actor=actor)


def _correct(of: Round, actor: Patron, said: dict[str, Any]) -> None:
    rounds.count_again(of, reason=said["reason"], actor=actor)


FORMS: dict[str, Any] = {"withdraw": WithdrawForm, "extend": ExtendForm, "correct": CorrectForm}
VERBS: dict[str, Callable[[Round, Patron, dict[str, Any]], None]] = {
    "schedule": _schedule, "unschedule": _unschedule, "archive": _archive, "withdraw": _withdraw, "extend": _extend,
    "correct": _correct,
}  # fmt: skip


def _shown(
    request: HttpRequest, of: Round, bound: dict[str, forms.Form], *, refusal: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    language = _language()
    entries = list(of.entries.select_related("topic"))
    try:
        rules = rounds.rules(of) if entries else None
    except Malformed:
        rules = None
    turnout = rounds.turnout(of) if of.opened_at else None
    members = eligibility.electors(of, clock.now()).values("patron").distinct()
    electorate = turnout.roll if turnout else members.count()
    context = {
        **bound,
        "round": of,
        "title": of.title(language),
        "state": of.state,
        "told": wording.told(of, rules, language) if rules else None,
        "reminds": moment(of.reminds_at, language) if of.reminds_at else "",
        "opens": moment(of.opens_at, language),
        "closes": moment(of.closes_at, language),
        "entries": [(entry, entry.topic.title(language)) for entry in entries],
        "turnout": turnout,
        "warnings": list(_warnings(of, entries, turnout, electorate)),
        "refusal": refusal,
        "electorate": electorate,
        "log": [_logged(line, language) for line in of.log.order_by("number")],
    }
    return render(request, "reports/round.html", context, status=status)


def _logged(line: RoundLog, language: str) -> tuple[str, Any, str]:
    """When, what, and why if a reason was given."""
    why = line.facts.get("reason", "")
    if line.kind in ("voided", "not_voided"):
        why = VoidReason(why).label
    return moment(datetime.fromisoformat(line.at), language), LOGGED[line.kind], why


def _warnings(of: Round, entries: list[Any], turnout: rounds.Turnout | None, electorate: int) -> Iterator[str]:
    """What an editor should know before, or while, patrons vote."""
    if of.state == RoundState.DRAFT:
        yield from _of_a_draft(of, entries)
    if of.weight > 1:
        yield _("Ballots weigh differently. Readers see that, and both counts are published.")
        yield _(
            "At the close a weight that fewer than %(few)s ballots have becomes the next lower one, or it would show "
            "whose they are."
        ) % {"few": FEWEST_OF_A_WEIGHT}
    if of.is_sensitive and of.eligibility == Eligibility.AT_CAST:
        yield _("This round is sensitive, and whoever becomes a patron now may still vote in it.")
    if of.closed_at is None:
        yield from _of_few(of, electorate)
    if turnout and of.closed_at is None and turnout.joined >= SURGE and turnout.joined * SURGE_SHARE >= turnout.roll:
        yield _(
            "%(joined)s of the %(roll)s on the roll became members after the opening. Look whether somebody calls for "
            "it; nothing is blocked."
        ) % {"joined": turnout.joined, "roll": turnout.roll}


def _of_a_draft(of: Round, entries: list[Any]) -> Iterator[str]:
    if not entries:
        yield _("There is no topic on this ballot yet.")
    elif of.slots is not None and len(entries) <= of.slots:
        yield _("There are no more topics than places: nothing is decided by a vote.")
    if not of.title_en or not of.title_uk:
        yield _("The title stands in one language only.")


def _of_few(of: Round, electorate: int) -> Iterator[str]:
    if electorate < of.publish_totals:
        yield _("Very few may vote. With fewer than %(least)s ballots only the winners are published.") % {
            "least": of.publish_totals
        }
    elif electorate < of.publish_ballots:
        yield _(
            "Few may vote. With fewer than %(least)s ballots only totals are published, and even they tell how "
            "somebody voted if nearly all vote alike."
        ) % {"least": of.publish_ballots}
