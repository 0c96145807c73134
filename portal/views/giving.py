"""What a patron does about a gift that runs: one screen for each wish, and the first page says what Stripe answered."""

import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from letters import printing
from members import roles
from money.money import Money
from newsroom import clock
from newsroom.models import GivingCurrency
from payments import billing_portal, checkout, gateway, locks, subscriptions, wishes
from payments import wording as money_wording
from payments.forms import WishForm
from payments.models import Donation, Leaving
from payments.models.donation import Interval
from portal import wording
from portal.forms import GiveForm, LeaveForm, PauseForm

page = require_http_methods(["GET", "HEAD", "POST"])


def _language() -> str:
    return get_language() or "en"


def _own(request: HttpRequest, reference: UUID) -> Donation:
    """One's own running donation; another's, and one that has ended, is answered as if there were none."""
    donation: Donation = get_object_or_404(
        Donation.objects.running().filter(patron=roles.patron_of(request)), reference=reference
    )
    return donation


def _show(request: HttpRequest, name: str, donation: Donation, form: Form | None, **more: Any) -> HttpResponse:
    """The page of a wish, with a fresh name for it; a form with mistakes keeps what was typed."""
    is_wrong = form is not None and form.is_bound
    context = {"giving": wording.giving(donation, _language()), "form": form, "wish": secrets.token_hex(8), **more}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_wrong else HTTPStatus.OK
    return render(request, f"portal/{name}.html", context, status=status)


def _wish(
    request: HttpRequest, donation: Donation, do: Callable[[], Donation], said: Callable[[Donation], str]
) -> HttpResponse:
    """Does it and leads to the first page. Nothing is said to be done before Stripe has said so."""
    try:
        changed = do()
    except wishes.Unconfirmed as error:
        if not wishes.waiting(donation):  # else the first page says so for as long as it lasts
            messages.warning(request, wishes.sentence(error))
    except gateway.GatewayError as error:
        messages.error(request, wishes.sentence(error))
    else:
        charge = money_wording.next_charge(changed, _language())
        follows = _("Next charge: %(charge)s.") % {"charge": charge} if charge else ""
        messages.success(request, f"{said(changed)} {follows}".strip())
    return redirect("portal:home")


@roles.signed_in
@page
def amount(request: HttpRequest, reference: UUID) -> HttpResponse:
    """/account/donations/…/amount/: more or less from the next charge on."""
    donation = _own(request, reference)
    return _change(request, donation, "amount", Interval(donation.interval), donation.gift)


def _change(
    request: HttpRequest, donation: Donation, name: str, interval: Interval, offered: Money, **more: Any
) -> HttpResponse:
    form = GiveForm(request.POST if request.method == "POST" else None, current=donation.gift)
    if form.is_valid() and _takes(form):
        gift, covers, key = (form.cleaned_data[field] for field in ("amount", "cover_fee", "wish"))
        return _wish(
            request,
            donation,
            lambda: wishes.give(donation, gift, covers_fee=covers, interval=interval, key=key),
            _gives_now,
        )
    more["typed"] = form.data.get("amount", "")[:20] if form.is_bound else str(offered.decimal)
    more["covers_fee"] = form.data.get("cover_fee") if form.is_bound else donation.fee_cover_minor
    return _show(request, name, donation, form, currency=donation.currency, **more)


def _takes(form: GiveForm) -> bool:
    """Whether the amount is one that can be given; else the form says why not."""
    try:
        checkout.examine(form.cleaned_data["amount"], _language(), is_new=False)
    except checkout.Refusal as refusal:
        form.add_error("amount", refusal.sentence)
        return False
    return True


def _gives_now(changed: Donation) -> str:
    rhythm = money_wording.rhythm(changed, _language())
    return _("From now on you give %(rhythm)s.") % {"rhythm": rhythm}


@roles.signed_in
@page
def rhythm(request: HttpRequest, reference: UUID) -> HttpResponse:
    """/account/donations/…/rhythm/: yearly instead of monthly or the other way round, charged today."""
    donation = _own(request, reference)
    if donation.paused_at or donation.cancels_at or donation.invoices.failing().exists():
        messages.error(request, _("The rhythm can be changed once nothing is paused, owed or ending."))
        return redirect("portal:home")
    is_to_yearly = donation.interval == Interval.MONTHLY
    new = Interval.YEARLY if is_to_yearly else Interval.MONTHLY
    next_day = printing.day(clock.months_later(clock.today(), 12 if is_to_yearly else 1), _language())
    return _change(request, donation, "rhythm", new, _alike(donation), is_to_yearly=is_to_yearly, next_day=next_day)


def _alike(donation: Donation) -> Money:
    """What comes to about the same within a year in the other rhythm, at least the currency's minimum."""
    gift = donation.gift
    if donation.interval == Interval.MONTHLY:
        return Money(gift.minor * 12, gift.currency)
    least = GivingCurrency.objects.filter(code=gift.currency).values_list("minimum_minor", flat=True).first() or 1
    return Money(max(least, (2 * gift.minor + donation.months) // (2 * donation.months)), gift.currency)


@roles.signed_in
@page
def pause(request: HttpRequest, reference: UUID) -> HttpResponse:
    """/account/donations/…/pause/: nothing is charged for 1 to 12 months."""
    donation = _own(request, reference)
    form = PauseForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        said = form.cleaned_data
        return _wish(
            request, donation, lambda: wishes.pause_for(donation, said["months"], key=said["wish"]), _paused_until
        )
    return _show(request, "pause", donation, form, choices=_pauses(donation))


def _pauses(donation: Donation) -> list[dict[str, Any]]:
    """Each length of a pause with the day of the charge that follows it."""
    now, found = clock.now(), []
    for months in range(1, wishes.LONGEST_PAUSE + 1):
        due = donation.first_period_after(clock.months_later(now, months))
        found.append({"months": months, "next": printing.day(due, _language()) if due else ""})
    return found


def _paused_until(changed: Donation) -> str:
    until = printing.day(changed.resumes_at, _language()) if changed.resumes_at else ""
    return _("Your support is paused until %(day)s.") % {"day": until}


@roles.signed_in
@require_POST
def resume(request: HttpRequest, reference: UUID) -> HttpResponse:
    """/account/donations/…/resume/: the pause ends now."""
    donation, form = _own(request, reference), WishForm(request.POST)
    if not form.is_valid() or not donation.paused_at:
        return redirect("portal:home")
    key = form.cleaned_data["wish"]
    return _wish(request, donation, lambda: wishes.resume(donation, key=key), lambda _changed: _("The pause is over."))


@roles.signed_in
@page
def cancel(request: HttpRequest, reference: UUID) -> HttpResponse:
    """/account/donations/…/cancel/: one screen, one button; a reason only from those who wish to give one."""
    donation = _own(request, reference)
    form = LeaveForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        said = form.cleaned_data
        return _wish(
            request,
            donation,
            lambda: wishes.leave(donation, reason=said["reason"], words=said["words"], key=said["wish"]),
            _ends,
        )
    return _show(request, "cancel", donation, form, reasons=Leaving.Reason.choices)


def _ends(changed: Donation) -> str:
    if changed.cancels_at is None:
        return _("Your support has ended. Nothing more will be charged.")
    day = printing.day(changed.cancels_at, _language())
    return _("Your support ends on %(day)s. Nothing more will be charged.") % {"day": day}


@roles.signed_in
@page
def come_back(request: HttpRequest, reference: UUID) -> HttpResponse:
    """/account/donations/…/return/: an end that has not come is taken back; after it, the old amount stands ready."""
    own = Donation.objects.filter(patron=roles.patron_of(request)).exclude(subscription=None)
    donation = get_object_or_404(own, reference=reference)
    if not donation.has_live_subscription:
        return redirect(f"{reverse('public:support')}?{urlencode(donation.again)}")
    form = WishForm(request.POST if request.method == "POST" else None)
    if donation.cancels_at and form.is_valid():
        key = form.cleaned_data["wish"]
        return _wish(request, donation, lambda: wishes.keep(donation, key=key), lambda _changed: _("Good to have you."))
    return _show(request, "come_back", donation, form) if donation.cancels_at else redirect("portal:home")


@roles.signed_in
@page
def card(request: HttpRequest, reference: UUID) -> HttpResponse:
    """/account/donations/…/card/: POST leads to Stripe's page of the card, which leads back here; here it is read."""
    donation = _own(request, reference)
    if request.method == "POST":
        try:
            address = billing_portal.card_page(donation, request.path)
        except checkout.Refusal as refusal:
            messages.error(request, refusal.sentence)
            return redirect("portal:home")
        return HttpResponse(status=HTTPStatus.SEE_OTHER, headers={"Location": address})
    return _wish(request, donation, lambda: _look(donation), _charged_to)


def _look(donation: Donation) -> Donation:
    """The donation as Stripe says it is now."""
    try:
        subscriptions.refresh(donation.subscription or "")
    except locks.Busy as error:
        raise wishes.Unconfirmed from error
    return Donation.objects.get(pk=donation.pk)


def _charged_to(changed: Donation) -> str:
    named = money_wording.card(changed.card_brand, changed.card_last4, _language())
    return _("Your support is charged to %(card)s.") % {"card": named} if named else ""
