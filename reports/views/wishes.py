"""/reports/donations/: what staff do to a running gift on its giver's word, by the verbs of the giver's own pages."""

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit import log
from members import roles
from members.models import Role
from payments import gateway, names, wishes, wording
from payments.models import Donation
from reports.wish_forms import WISHES, StaffWish

HELPERS = (Role.SUPPORT, Role.ADMIN)


@roles.required(*HELPERS)
@require_http_methods(["GET", "HEAD", "POST"])
def wish(request: HttpRequest, reference: str, name: str) -> HttpResponse:
    """/reports/donations/…/pause/: POST shows what would follow; with `sure` it is done. Look and act are logged."""
    if name not in WISHES:
        raise Http404
    running = Donation.objects.running().filter(patron__isnull=False).select_related("patron")
    donation: Donation = get_object_or_404(running, reference=reference)
    language = get_language() or "en"
    if not WISHES[name].fits(donation):
        messages.error(request, _("This cannot be done to the gift as it stands now."))
        return redirect("reports:patron", donation.patron_id)
    form = WISHES[name](request.POST if request.method == "POST" else None, donation=donation, language=language)
    if form.is_valid() and "sure" in request.POST:
        return _carry_out(request, name, form)
    log.record(roles.patron_of(request), "patron.view", target=f"patron:{donation.patron_id}")
    context = {
        "form": form, "donation": donation, "title": WISHES[name].title,
        "giver": names.of(donation, names.Audience.PEOPLE),
        "rhythm": wording.rhythm(donation, language), "next_charge": wording.next_charge(donation, language),
        "follows": form.follows() if form.is_valid() and "again" not in request.POST else None,
    }  # fmt: skip
    is_wrong = form.is_bound and not form.is_valid()
    return render(request, "reports/wish.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY if is_wrong else 200)


def _carry_out(request: HttpRequest, name: str, form: StaffWish) -> HttpResponse:
    """The wish is logged before it leaves, so that none is without its name and reason; so is that nothing came."""
    staff, donation, key = roles.patron_of(request), form.donation, form.key
    target = f"patron:{donation.patron_id}"
    log.record(
        staff, f"donation.{name}", target=target, reason=form.cleaned_data["reason"], donation=donation.pk, key=key,
        **form.facts(),
    )  # fmt: skip
    try:
        changed = form.carry_out()
    except wishes.Unconfirmed as error:
        messages.warning(request, wishes.sentence(error))
    except gateway.GatewayError as error:
        log.record(staff, "donation.unchanged", target=target, donation=donation.pk, key=key)
        messages.error(request, wishes.sentence(error))
    else:
        charge = wording.next_charge(changed, get_language() or "en")
        follows = _("Next charge: %(charge)s.") % {"charge": charge} if charge else _("Nothing more will be charged.")
        messages.success(request, " ".join([_("Done; the giver is told by letter."), follows]))
    return redirect("reports:patron", donation.patron_id)
