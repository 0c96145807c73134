"""/reports/erasures/: who was erased, and what is left to do at Stripe for it."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit import log
from members import roles
from members.models import Role
from payments.models import Donation
from people import erasure
from people.models import Erasure
from reports.forms import number


@roles.required(Role.SUPPORT, Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def erasures(request: HttpRequest) -> HttpResponse:
    """Newest first; with POST, that Stripe has redacted what it keeps of one."""
    if request.method == "POST":
        row = get_object_or_404(Erasure.objects.exclude(erased_at=None), pk=number(request.POST.get("id", "")))
        with transaction.atomic():
            erasure.note_redaction(row)
            log.record(roles.patron_of(request), "erasure.redacted", target=f"patron:{row.patron_id}")
        messages.success(request, _("Noted."))
        return redirect("reports:erasures")
    page = Paginator(Erasure.objects.order_by("-pk"), 50).get_page(request.GET.get("page"))
    context = {"page": page, "rows": [_told(row) for row in page], "dashboard": settings.STRIPE_DASHBOARD}
    return render(request, "reports/erasures.html", context)


def _told(row: Erasure) -> dict[str, Any]:
    """An erasure with the customers that it deleted at Stripe."""
    gifts = Donation.objects.filter(patron=row.patron_id).exclude(customer="")
    return {"erasure": row, "customers": sorted(set(gifts.values_list("customer", flat=True)))}
