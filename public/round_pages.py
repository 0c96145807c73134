"""/rounds/<slug>/: the ballot. What somebody chooses is read from the body of a POST, cast, and named on its answer.

It stands in no address, no session, no message and no log; the receipt is on the answer and nowhere else.
"""

from http import HTTPStatus
from urllib.parse import quote

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.html import format_html_join
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from letters.printing import moment
from members import roles
from members.models import Patron
from newsroom import clock
from newsroom.kept_pages import render_kept
from public import errors
from voting import ballots, eligibility, forms, rounds, wording
from voting.ballots import KeyLost, NotEligible, Receipt, RoundClosed, RoundNotOpen
from voting.eligibility import Reason, Verdict
from voting.forms import Sheet
from voting.methods.ballots import InvalidBallot
from voting.models import Round, RoundState

REFUSED = {
    RoundNotOpen: HTTPStatus.CONFLICT,
    RoundClosed: HTTPStatus.CONFLICT,
    NotEligible: HTTPStatus.FORBIDDEN,
    KeyLost: HTTPStatus.SERVICE_UNAVAILABLE,
}


def _language() -> str:
    return "uk" if get_language() == "uk" else "en"


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def round_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The round for everybody; the ballot for who may vote. With POST a ballot is cast, and the answer says so."""
    voter = roles.visitor(request)
    if request.method == "POST" and voter and (answer := _cast_at_once(request, slug, voter)):
        return answer
    of = Round.objects.open_now(slug) or get_object_or_404(Round.objects.public(), slug=slug)
    if request.method == "POST":
        return _cast(request, of, voter)
    before = ballots.choices_of(of, voter) if voter and of.state == RoundState.OPEN else None
    paper = forms.sheet(of, rounds.rules(of), language=_language(), voter=voter, choices=before)
    return _page(request, of, voter, paper, has_cast=before is not None)


def _cast_at_once(request: HttpRequest, slug: str, voter: Patron) -> HttpResponse | None:
    """Casts without a look at a round that this process has seen open.

    None if anything speaks against it: nothing was cast then, and after a look at the round `_cast` says what it is.
    """
    of = Round.objects.seen_open(slug)
    if of is None or request.FILES:
        return None
    try:
        paper = forms.fill(forms.sheet(of, rounds.rules(of), language=_language(), voter=voter), request.POST)
    except forms.NotASheet:
        return None
    if not paper.is_valid:
        return None
    try:
        receipt = ballots.cast(of, voter, choices=paper.choices)
    except (InvalidBallot, RoundNotOpen, RoundClosed, NotEligible, KeyLost):
        return None
    except OperationalError:
        return _busy(request, of, voter, paper)
    return _receipt(request, of, paper, receipt)


def _cast(request: HttpRequest, of: Round, voter: Patron | None) -> HttpResponse:
    blank = forms.sheet(of, rounds.rules(of), language=_language(), voter=voter)
    try:
        if request.FILES:
            raise forms.NotASheet
        paper = forms.fill(blank, request.POST)
    except forms.NotASheet:
        return errors.page(request, HTTPStatus.BAD_REQUEST)
    if voter is None:
        return _page(request, of, voter, paper, status=HTTPStatus.FORBIDDEN, refusal=str(Reason.ANONYMOUS.label))
    if not paper.is_valid and _state(of) == RoundState.OPEN:
        return _page(request, of, voter, paper, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        receipt = ballots.cast(of, voter, choices=paper.choices)
    except InvalidBallot as refusal:  # of what was withdrawn since the paper was read
        del of.withdrawn
        paper = forms.fill(forms.sheet(of, rounds.rules(of), language=_language(), voter=voter), request.POST)
        if not paper.errors:
            paper.refuse(refusal)
        return _page(request, of, voter, paper, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except (RoundNotOpen, RoundClosed, NotEligible, KeyLost) as refusal:
        of.refresh_from_db()
        return _page(request, of, voter, paper, status=REFUSED[type(refusal)], refusal=refusal.sentence)
    except OperationalError:
        return _busy(request, of, voter, paper)
    return _receipt(request, of, paper, receipt)


def _busy(request: HttpRequest, of: Round, voter: Patron, paper: Sheet) -> HttpResponse:
    """It waited too long for somebody else's transaction."""
    busy = _("Very many are voting at this moment. Nothing was cast; your choices are below. Please cast them again.")
    return _page(request, of, voter, paper, status=HTTPStatus.SERVICE_UNAVAILABLE, refusal=busy)


def _page(
    request: HttpRequest, of: Round, voter: Patron | None, paper: Sheet,
    *, status: int = HTTPStatus.OK, refusal: str = "", has_cast: bool = False,
) -> HttpResponse:  # fmt: skip
    """The round with everything about it. A refusal comes with what had been chosen."""
    state = _state(of)
    verdict = eligibility.verdict(of, voter)
    context = {
        **wording.told(of, paper.rules, _language()),
        "state": state,
        "sheet": paper,
        "verdict": verdict,
        "way_on": _way_on(request, verdict),
        "is_votable": state == RoundState.OPEN and verdict.is_eligible,
        "has_cast": has_cast,
        "refusal": refusal,
        "turnout": rounds.turnout(of) if of.opened_at else None,
        "owner": _owner(of, voter),
    }
    return render(request, "public/round.html", context, status=status)


def _state(of: Round) -> RoundState:
    """A round whose time is over is closed, even in the moment before somebody closes it."""
    is_over = of.state == RoundState.OPEN and of.closes_at <= clock.now()
    return RoundState.CLOSED if is_over else of.state


def _way_on(request: HttpRequest, verdict: Verdict) -> tuple[str, str] | None:
    """The one action that mends what keeps somebody from voting: its label and its address."""
    join = (_("Become a patron"), reverse("public:support"))
    account = (_("Go to your account"), reverse("portal:home"))
    is_known = request.user.is_authenticated  # staff, who have not shown their second factor
    return {
        Reason.ANONYMOUS: (_("Show your second factor") if is_known else _("Sign in"), roles.way_in(request)),
        Reason.NO_MEMBER: join,
        Reason.LAPSED: join,
        Reason.TAKEN_BACK: join,
        Reason.UNSETTLED: account,
        Reason.PAUSED: account,
    }.get(verdict.reason)


def _owner(of: Round, voter: Patron | None) -> str:
    """Whose unsent choices a browser may put back onto the page, without saying who that is."""
    return salted_hmac("public.drafts", f"{of.pk}:{voter.pk}", algorithm="sha256").hexdigest()[:32] if voter else ""


def _receipt(request: HttpRequest, of: Round, paper: Sheet, receipt: Receipt) -> HttpResponse:
    """The answer to a cast ballot, shown this once. The file is part of the page, not asked of the server."""
    title, closes = of.title(_language()), moment(receipt.changeable_until, _language())
    text = "\n".join(
        [
            title,
            f"{settings.SITE_URL}{request.path}",
            "",
            f"{_('Receipt code')}: {receipt.code}",
            f"{_('Random number')}: {receipt.nonce}",
            "",
            _("When the ballots are published, the line with this code is yours. Another ballot of yours voids it."),
            "",
        ]
    )
    lines = paper.kept
    same = {
        "slug": of.slug, "title": title, "closes": closes, "is_change": receipt.is_change, "is_blank": not lines,
    }  # fmt: skip
    own = {
        "said": format_html_join("", "<li>{}</li>", ((line,) for line in lines)),
        "code": receipt.code,
        "nonce": receipt.nonce,
        "file": f"data:text/plain;charset=utf-8,{quote(text)}",
    }
    return render_kept(request, "public/round_cast.html", same, own)
