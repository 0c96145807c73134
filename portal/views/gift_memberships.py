"""Gift memberships that a patron bought, with what can still be changed about them, and those they have claimed."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from members import gifts, roles
from members.forms import RecipientForm
from members.models import GiftMembership
from newsroom import clock


@roles.signed_in
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """/account/gift-memberships/"""
    patron = roles.patron_of(request)
    context = {
        "bought": GiftMembership.objects.filter(buyer=patron).order_by("-id"),
        "claimed": GiftMembership.objects.filter(membership__patron=patron)
        .select_related("membership")
        .order_by("-id"),
        "today": clock.today(),
    }
    return render(request, "portal/gift_memberships.html", context)


@roles.signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def bought(request: HttpRequest, reference: UUID) -> HttpResponse:
    """/account/gift-memberships/…/: one's own; with POST the letter goes out again, or it is given to somebody else."""
    gift = get_object_or_404(GiftMembership, buyer=roles.patron_of(request), reference=reference)
    form = RecipientForm(request.POST or None, initial=_known(gift))
    try:
        if request.method == "POST" and "again" in request.POST:
            _send_again(request, gift)
            return redirect("portal:gift-membership", reference)
        if form.is_valid():
            said = form.cleaned_data
            gifts.readdress(
                gift, name=said["recipient_name"], email=said["recipient_email"], deliver_on=said["deliver_on"]
            )
            messages.success(request, _("Changed. Links sent so far lead nowhere now."))
            return redirect("portal:gift-membership", reference)
    except gifts.NotYours as refusal:
        messages.error(request, refusal.sentence)
        return redirect("portal:gift-membership", reference)
    is_open = gifts.is_open(gift)
    context = {
        "gift": gift,
        "form": form if is_open else None,
        "link": gifts.link(gift) if gifts.is_claimable(gift) else "",
        "first_day": clock.today(),
        "last_day": gifts.latest_day(),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "portal/gift_membership.html", context, status=status)


def _known(gift: GiftMembership) -> dict[str, object]:
    day = max(gift.deliver_on, clock.today()).isoformat()
    return {"recipient_name": gift.recipient_name, "recipient_email": gift.recipient_email, "deliver_on": day}


def _send_again(request: HttpRequest, gift: GiftMembership) -> None:
    if gifts.send_again(gift):
        messages.success(request, _("The letter is on its way once more."))
    else:
        messages.info(request, _("The letter goes out once a day at most, and not before its day."))
