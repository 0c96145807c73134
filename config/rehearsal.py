"""/reports/rehearsal/: what befalls patrons, played by staff with an invented one, where Stripe is the sandbox.

Everything goes the way it always does: the invented patron pays on the sandbox's page, the sandbox tells by webhooks,
the worker applies them, letters are written. Only the buttons of the bank and of time are pressed from here. Mounted
where `STRIPE_API_BASE` is not Stripe's own address (config/urls.py), which the settings refuse beside a live key.
"""

import json
import secrets
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit import log
from letters.models import Letter
from members import roles
from members.models import Patron
from money.money import Money
from newsroom import clock
from newsroom.models import GivingCurrency, Newsroom
from payments import checkout, gateway, reconciliation, wording
from payments.checkout import Choice
from payments.models import Dispute, Donation, Payment

GOOD_CARD, EMPTY_CARD = "4242424242424242", "4000000000009995"
MONTH_SECONDS = 32 * 24 * 60 * 60  # Stripe charges an hour after a period has ended
ACTS: dict[str, str | Promise] = {
    "join": gettext_lazy("A new invented patron joins"),
    "decline": gettext_lazy("The card will be declined"),
    "mend": gettext_lazy("The card is good again"),
    "month": gettext_lazy("A month passes, for everybody here"),
    "refund": gettext_lazy("The newest payment is sent back, at Stripe"),
    "dispute": gettext_lazy("The newest payment is disputed"),
    "won": gettext_lazy("The dispute is won"),
    "lost": gettext_lazy("The dispute is lost"),
    "deaf": gettext_lazy("Webhooks are lost from now on"),
    "hear": gettext_lazy("Webhooks come again, and what was missed is looked for"),
}


class NothingToPlay(Exception):
    """The act has nothing to act on yet, or the sandbox refused it. The sentence is for the page."""


@roles.required(*roles.MONEY)
@require_http_methods(["GET", "HEAD", "POST"])
def rehearsal(request: HttpRequest) -> HttpResponse:
    """The acts, and what has come of them so far. Each is logged; what it leads to arrives a moment later."""
    staff = roles.patron_of(request)
    act = request.POST.get("act", "")
    if request.method == "POST":
        if act in ACTS:
            _play(request, staff, act)
        return redirect("rehearsal:home")
    patron = _played(staff)
    donation, language = _newest(patron), get_language() or "en"
    payments = Payment.objects.filter(donation__patron=patron).order_by("-pk") if patron else []
    membership = donation and donation.membership
    context = {
        "acts": ACTS.items(),
        "address": _address(staff),
        "patron": patron,
        "rhythm": donation and wording.rhythm(donation, language),
        "standing": membership and membership.standing(clock.today(), Newsroom.current().grace_days).label,
        "payments": [(payment, payment.amount.format(language)) for payment in payments],
        "letters": Letter.objects.filter(patron=patron).order_by("-pk")[:20] if patron else [],
        "sandbox": f"{settings.STRIPE_API_BASE}/sandbox/",
    }
    return render(request, "reports/rehearsal.html", context)


def _play(request: HttpRequest, staff: Patron, act: str) -> None:
    try:
        _PLAYED[act](staff)
    except NothingToPlay as refusal:
        messages.error(request, str(refusal))
        return
    except (checkout.Refusal, gateway.GatewayError) as refusal:
        messages.error(request, getattr(refusal, "sentence", "") or _("Stripe does not answer at the moment."))
        return
    log.record(staff, f"rehearsal.{act}")
    messages.success(request, _("Done. What follows from it is here in some seconds; load the page again."))


# -- whom it befalls -------------------------------------------------------------------------------------------------


def _address(staff: Patron) -> str:
    """Letters to the invented patron come to the member of staff: most servers deliver what follows a plus sign so."""
    name, _at, host = staff.email.partition("@")
    return f"{name}+rehearsal@{host}"


def _played(staff: Patron) -> Patron | None:
    return Patron.objects.known_by(_address(staff))


def _newest(patron: Patron | None) -> Donation | None:
    return Donation.objects.exclude(subscription=None).filter(patron=patron).order_by("-pk").first() if patron else None


def _donation(staff: Patron) -> Donation:
    donation = _newest(_played(staff))
    if donation is None:
        raise NothingToPlay(_("Nobody has joined yet: begin with the first button, and wait some seconds."))
    return donation


def _payment(staff: Patron) -> Payment:
    paid = Payment.objects.received().filter(donation=_donation(staff)).exclude(charge=None).order_by("-pk").first()
    if paid is None:
        raise NothingToPlay(_("Nothing is paid yet: wait some seconds."))
    return paid


def _dispute(staff: Patron) -> Dispute:
    dispute = Dispute.objects.filter(payment__donation=_donation(staff), status="needs_response").first()
    if dispute is None:
        raise NothingToPlay(_("No dispute is open: begin with one, and wait some seconds."))
    return dispute


# -- acts ------------------------------------------------------------------------------------------------------------


def _join(staff: Patron) -> None:
    currency = GivingCurrency.home()
    smallest = GivingCurrency.objects.get(code=currency).suggested_monthly[0]
    choice = Choice("monthly", Money(smallest, currency), email=_address(staff), language=get_language() or "en")
    page = checkout.begin(choice, browser=secrets.token_hex(32), address="rehearsal", patron=None)
    card = {"number": GOOD_CARD, "exp": "12/34", "cvc": "123", "email": _address(staff), "name": _("Invented Patron")}
    _press(page, urlencode(card), "application/x-www-form-urlencoded")


def _turn(number: str) -> Callable[[Patron], None]:
    return lambda staff: _button(f"customers/{_donation(staff).customer}/card/turn", number=number)


def _hear(_staff: Patron) -> None:
    _button("chaos", drop=0)
    reconciliation.catch_up()


def _decided(outcome: str) -> Callable[[Patron], None]:
    return lambda staff: _button(f"disputes/{_dispute(staff).stripe_id}", outcome=outcome)


_PLAYED: dict[str, Callable[[Patron], None]] = {
    "join": _join,
    "decline": _turn(EMPTY_CARD),
    "mend": _turn(GOOD_CARD),
    "month": lambda _staff: _button("clock", advance=MONTH_SECONDS),
    "refund": lambda staff: _button("refunds", charge=_payment(staff).charge),
    "dispute": lambda staff: _button("disputes", charge=_payment(staff).charge),
    "won": _decided("won"),
    "lost": _decided("lost"),
    "deaf": lambda _staff: _button("chaos", drop=1),
    "hear": _hear,
}


def _button(name: str, **given: object) -> None:
    """Presses one of the sandbox's buttons."""
    _press(f"{settings.STRIPE_API_BASE}/sandbox/{name}", json.dumps(given), "application/json")


def _press(address: str, body: str, kind: str) -> None:
    """One POST to the sandbox, whose way back is not followed. Raises NothingToPlay if it refuses or is away."""
    where = urlsplit(address)
    speak = HTTPSConnection if where.scheme == "https" else HTTPConnection
    line = speak(where.netloc, timeout=30)
    try:
        line.request("POST", where.path, body.encode(), {"Content-Type": kind, "Accept": "application/json"})
        answer = line.getresponse()
        answer.read()
    except (HTTPException, OSError) as error:
        raise NothingToPlay(_("The sandbox does not answer.")) from error
    finally:
        line.close()
    if answer.status >= 400:
        raise NothingToPlay(_("The sandbox refused that: it does not fit what happened so far."))


app_name = "rehearsal"
urlpatterns = [path("", rehearsal, name="home")]
