"""The reader's pages. The form of /support/ starts a payment; whatever goes wrong is told on the same page."""

import re
import secrets
from http import HTTPStatus

from django.conf import settings
from django.core import signing
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from limits import gates
from members import roles
from members.models import Patron
from money import money
from money.money import Money
from newsroom import bookkeeping
from newsroom.models import GivingCurrency, Newsroom
from payments import checkout, gateway, names, seconds, sessions, wishes, wording
from payments.forms import is_readable
from payments.models import Donation
from payments.models.donation import Interval
from public import browsers, cookies, errors, offer
from public.forms import RaiseForm, SupportForm

# A page that waits for a confirmation looks again after these seconds, then leaves it to the reader.
LOOK_AGAIN = (2, 2, 3, 5, 8, 13, 20, 30)
NAMES_A_PAGE = 200
SECOND_CHOICES = {"merge": seconds.merge, "give_back": seconds.give_back}


def _language() -> str:
    return get_language() or "en"


def _patron(request: HttpRequest) -> Patron | None:
    return request.user if isinstance(request.user, Patron) else None


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """/: why to support, and the ways."""
    currency = GivingCurrency.objects.filter(is_offered=True).first()
    least = min(currency.suggested("monthly"), default=None) if currency else None
    return render(request, "public/home.html", {"least": least and least.format(_language(), short=True)})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def support(request: HttpRequest) -> HttpResponse:
    """/support/: the form, and with POST the way to the payment page (303)."""
    browser = browsers.known(request)
    return browsers.keep(_start(request, browser) if request.method == "POST" else _form(request), browser)


def _form(request: HttpRequest) -> HttpResponse:
    """The form as the address presets it. What is named wrongly is left out: a mistyped link must still work."""
    asked = request.GET
    if not is_readable(asked):
        return errors.page(request, HTTPStatus.BAD_REQUEST)
    interval = Interval(asked["interval"]) if asked.get("interval") in Interval.offered() else Interval.MONTHLY
    made = offer.make(currency=asked.get("currency", "").upper(), interval=interval, gift=None, language=_language())
    try:
        gift = money.parse(asked.get("amount", ""), made.currency.code)
    except money.NotAnAmount:
        gift = None
    if gift:
        made = offer.make(currency=made.currency.code, interval=interval, gift=gift, language=_language())
    origin = {name: asked.get(name, "")[:2000] for name in ("story", "ask", "campaign")}
    form = SupportForm(initial={**origin, "display": Donation.Display.ANONYMOUS, "language": _language()})
    return render(request, "public/support.html", {"form": form, "offer": made})


def _start(request: HttpRequest, browser: str) -> HttpResponse:
    """A sent form: the payment begins, or the same page says what hinders it."""
    if not SupportForm.is_ours(request):
        return errors.page(request, HTTPStatus.BAD_REQUEST)
    form = SupportForm(request.POST)
    if not form.is_valid():
        return _again(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    choice = form.choice()
    try:
        url = checkout.begin(
            choice, browser=browsers.fingerprint(browser), address=gates.address(request), patron=_patron(request)
        )
    except checkout.AlreadyGives as refusal:
        return _offer_raise(request, refusal.donation, choice.gift)
    except checkout.Refusal as refusal:
        form.refuse(refusal)
        return _again(request, form, refusal.status)
    return HttpResponse(status=HTTPStatus.SEE_OTHER, headers={"Location": url})


def _again(request: HttpRequest, form: SupportForm, status: int) -> HttpResponse:
    """The form as it was sent, with what is wrong in it."""
    said, sent = form.cleaned_data, form.data
    is_other = sent.get("amount") == offer.OTHER or "amount" in form.errors
    made = offer.make(
        currency=said.get("currency", ""),
        interval=Interval(said.get("interval") or Interval.MONTHLY),
        gift=None if is_other else said.get("gift"),
        other_text=(sent.get("other_amount") or sent.get("amount", ""))[:20] if is_other else "",
        covers_fee=bool(said.get("cover_fee")),
        language=_language(),
    )
    return render(request, "public/support.html", {"form": form, "offer": made}, status=status)


def _offer_raise(
    request: HttpRequest, donation: Donation, gift: Money | None, form: RaiseForm | None = None, refused: int = 0
) -> HttpResponse:
    """A patron who gives already is offered a larger amount instead of a second subscription."""
    fits = gift is not None and gift.currency == donation.currency and donation.gift < gift
    initial = {"amount": str(gift.decimal) if gift and fits else "", "wish": secrets.token_hex(8)}
    form = form or RaiseForm(current=donation.gift, initial=initial)
    status = refused or (HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK)
    context = {"form": form, "donation": donation, "current": donation.total.format(_language())}
    context["rhythm"] = wording.rhythm(donation, _language())
    return render(request, "public/raise.html", context, status=status)


@require_POST
@roles.signed_in
def raise_gift(request: HttpRequest) -> HttpResponse:
    """/support/raise/: a signed-in patron gives more from the next charge on."""
    donation = Donation.objects.running().filter(patron=roles.patron_of(request), is_second=False).first()
    if not donation:
        return redirect("public:support")
    form = RaiseForm(request.POST, current=donation.gift)
    if not is_readable(request.POST) or not form.is_valid():
        return _offer_raise(request, donation, None, form)
    try:
        donation = wishes.raise_to(donation, form.cleaned_data["amount"], key=form.cleaned_data["wish"])
    except checkout.Refusal as refusal:
        form.add_error("amount", refusal.sentence)
        return _offer_raise(request, donation, None, form, refusal.status)
    except gateway.GatewayError:
        return errors.page(
            request, HTTPStatus.SERVICE_UNAVAILABLE, _("The change could not be confirmed yet. Nothing was charged.")
        )
    return render(request, "public/raised.html", {"donation": donation, "total": donation.total.format(_language())})


@never_cache
@require_safe
def thanks(request: HttpRequest) -> HttpResponse:
    """/support/thanks/: what became of the payment. It names amounts only: the address can be passed on."""
    session = request.GET.get("session_id", "")
    outcome = sessions.outcome(session) if re.fullmatch(r"cs_[A-Za-z0-9_]{1,200}", session) else None
    if outcome is None or outcome.donation is None or outcome.state == "unknown":
        return render(request, "public/thanks_unknown.html", status=HTTPStatus.NOT_FOUND)
    donation, looked = outcome.donation, request.GET.get("look", "")
    look = int(looked) if looked in {str(n) for n in range(len(LOOK_AGAIN) + 1)} else 0
    again = f"{reverse('public:thanks')}?{urlencode({'session_id': session, 'look': str(look + 1)})}"
    context = {
        "donation": donation,
        "total": donation.total.format(_language()),
        "try_again": checkout.form_again(donation),
        "look_again": again,
    }
    response = render(request, f"public/thanks_{outcome.state}.html", context)
    if outcome.state == "confirming" and look < len(LOOK_AGAIN):
        response["Refresh"] = f"{LOOK_AGAIN[look]};url={again}"
    return response


@require_safe
def other(request: HttpRequest) -> HttpResponse:
    """/support/other/: bank transfer, and what does not cost money."""
    return render(request, "public/other.html")


@never_cache
@require_safe
def supporters(request: HttpRequest) -> HttpResponse:
    """/supporters/: those who chose a name; no amounts, no days."""
    page = Paginator(names.supporters(), NAMES_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "public/supporters.html", {"names": page.object_list, "page": page})


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """/privacy/"""
    context = {
        "retention_months": Newsroom.current().retention_months,
        "bookkeeping_years": bookkeeping.years(),
        "cookie_count": len(cookies.COOKIES),
        "reports_errors": bool(settings.SENTRY_DSN),
    }
    return render(request, "public/privacy.html", context)


@require_safe
def cookies_page(request: HttpRequest) -> HttpResponse:
    """/cookies/"""
    return render(request, "public/cookies.html", {"cookies": cookies.COOKIES})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second(request: HttpRequest, token: str) -> HttpResponse:
    """/support/second/<token>/: a second subscription is joined with the first or given back; its giver decides."""
    try:
        reference = signing.loads(token, salt="payments.second", max_age=seconds.TIME_TO_DECIDE)
    except signing.BadSignature:
        return errors.page(request, HTTPStatus.NOT_FOUND)
    donation = Donation.objects.filter(reference=reference).first()
    if donation is None or not donation.is_second or not donation.has_live_subscription:
        return render(request, "public/second_done.html", {"decided": ""})
    decided = request.POST.get("choice", "")
    if decided in SECOND_CHOICES:
        try:
            SECOND_CHOICES[decided](donation)
        except checkout.Refusal as refusal:
            return errors.page(request, refusal.status, refusal.sentence)
        return render(request, "public/second_done.html", {"decided": decided})
    first = seconds.first_of(donation)
    context = {
        "first": first and wording.rhythm(first, _language()),
        "second": wording.rhythm(donation, _language()),
        "may_merge": seconds.may_merge(donation),
    }
    return render(request, "public/second.html", context)
