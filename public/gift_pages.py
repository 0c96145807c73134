"""The pages of gift memberships: buying one, and claiming one by its link."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from limits import gates
from members import codes, gift_emails, gifts
from members.models import GiftMembership, Patron, Purpose
from money import money
from newsroom import clock
from payments import checkout
from payments.forms import is_readable
from payments.models.donation import Interval
from public import browsers, errors, offer
from public.forms import ClaimForm, GiftForm

# Links that lead nowhere, from one network address in ten minutes.
WRONG_LINKS = 30


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def buy(request: HttpRequest) -> HttpResponse:
    """/support/gift/: the form, and with POST the way to the payment page (303)."""
    browser = browsers.known(request)
    return browsers.keep(_start(request, browser) if request.method == "POST" else _form(request), browser)


def _form(request: HttpRequest) -> HttpResponse:
    """The form as the address presets it; what is named wrongly is left out."""
    asked = request.GET
    if not is_readable(asked):
        return errors.page(request, HTTPStatus.BAD_REQUEST)
    origin = {name: asked.get(name, "")[:2000] for name in ("story", "ask", "campaign")}
    months = asked.get("months", "")
    form = GiftForm(
        initial={
            **origin,
            "months": months if months in {str(known) for known in GiftMembership.Months.values} else "6",
            "deliver_on": clock.today().isoformat(),
            "language": get_language(),
        }
    )
    made = _offer(asked.get("currency", "").upper(), asked.get("amount", ""))
    return render(request, "public/gift.html", _context(form, made))


def _start(request: HttpRequest, browser: str) -> HttpResponse:
    """A sent form: the payment begins, or the same page says what hinders it."""
    if not GiftForm.is_ours(request):
        return errors.page(request, HTTPStatus.BAD_REQUEST)
    form, status = GiftForm(request.POST), HTTPStatus.UNPROCESSABLE_ENTITY.value
    if form.is_valid():
        patron = request.user if isinstance(request.user, Patron) else None
        try:
            url = checkout.begin(
                form.choice(), browser=browsers.fingerprint(browser), address=gates.address(request), patron=patron
            )
        except checkout.Refusal as refusal:
            form.refuse(refusal)
            status = refusal.status
        else:
            return HttpResponse(status=HTTPStatus.SEE_OTHER, headers={"Location": url})
    said, sent = form.cleaned_data, form.data
    is_other = sent.get("amount") == offer.OTHER or "amount" in form.errors
    typed = (sent.get("other_amount") or sent.get("amount", ""))[:20] if is_other else ""
    made = _offer(said.get("currency", ""), "" if is_other else sent.get("amount", ""), typed)
    return render(request, "public/gift.html", _context(form, made), status=status)


def _offer(currency: str, amount: str, typed: str = "") -> offer.Offer:
    """The prices of a month, with the amount chosen that is named, if it is one."""
    language = get_language() or "en"
    made = offer.make(currency=currency, interval=Interval.MONTHLY, gift=None, other_text=typed, language=language)
    try:
        gift = money.parse(amount, made.currency.code)
    except money.NotAnAmount:
        return made
    return offer.make(currency=made.currency.code, interval=Interval.MONTHLY, gift=gift, language=language)


def _context(form: GiftForm, made: offer.Offer) -> dict[str, object]:
    sums = [(months, made.times(months)) for months in GiftMembership.Months]
    return {"form": form, "offer": made, "sums": sums, "first_day": clock.today(), "last_day": gifts.latest_day()}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: HttpRequest, token: str) -> HttpResponse:
    """/support/gift/claim/<token>/: what it is. Only a POST claims it, by whoever is signed in or proves an address.

    What cannot be claimed any more is answered like what never was, except to whoever has claimed it.
    """
    gift = gifts.find(token)
    patron = request.user if isinstance(request.user, Patron) else None
    if gift and gift.membership and patron and gift.membership.patron_id == patron.pk:
        return _claimed(request, gift)
    if gift is None or not gifts.is_claimable(gift):
        return _leads_nowhere(request)
    if request.method != "POST":
        return _ask(request, gift, ClaimForm())
    return _take(request, token, patron) if patron else _prove(request, token, gift)


def _prove(request: HttpRequest, token: str, gift: GiftMembership) -> HttpResponse:
    """Without an account: the address, then the code from the letter to it. The patron is made only after that."""
    form = ClaimForm(request.POST)
    if not is_readable(request.POST) or not form.is_valid():
        return _ask(request, gift, form)
    email, typed = form.cleaned_data["email"].lower(), form.cleaned_data["code"]
    if not typed:
        if code := codes.make(request, Purpose.GIFT, email):
            gift_emails.gift_claim_code(email, code, language=get_language() or "en")
        return _ask(request, gift, form, email)
    if not codes.use(request, Purpose.GIFT, email, typed):
        form.add_error("code", _("This code does not work. It is valid for ten minutes, for three tries."))
        return _ask(request, gift, form, email)
    patron = Patron.objects.for_email(email, language=get_language() or "en")
    return _take(request, token, patron)


def _take(request: HttpRequest, token: str, patron: Patron) -> HttpResponse:
    try:
        return _claimed(request, gifts.claim(token, patron))
    except gifts.NotClaimable:
        return _leads_nowhere(request)


def _ask(request: HttpRequest, gift: GiftMembership, form: ClaimForm, email: str = "") -> HttpResponse:
    """What it is and how to claim it; with `email`, the page that waits for the code sent there."""
    patron = request.user if isinstance(request.user, Patron) else None
    context = {"gift": gift, "form": form, "email": email, "begins_on": gifts.begins_on(patron)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "public/gift_claim.html", context, status=status)


def _claimed(request: HttpRequest, gift: GiftMembership) -> HttpResponse:
    return render(request, "public/gift_claimed.html", {"gift": gift, "membership": gift.membership})


def _leads_nowhere(request: HttpRequest) -> HttpResponse:
    if not gates.allow("gift link", gates.address(request), limit=WRONG_LINKS, seconds=600):
        return errors.page(request, HTTPStatus.TOO_MANY_REQUESTS)
    return errors.page(request, HTTPStatus.NOT_FOUND, gifts.NotClaimable().sentence)
