"""/reports/health/: what is late, dead, refused or different, and when the books were last proved."""

from typing import Any

from django.db.models import Count, Max, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from letters.models import Letter
from limits.models import Hit
from members import roles
from newsroom import clock
from payments.models import Difference, Operation, StripeEvent, Watermark
from payments.models.operation import OperationState
from reports.models import Progress, Proof


@roles.required(*roles.MONEY)
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Ages by the newsroom's clock."""
    return render(request, "reports/health.html", found())


def found() -> dict[str, Any]:
    """The same in numbers; for the page and for the letter on Monday."""
    oldest = StripeEvent.objects.pending().aggregate(oldest=Min("received_at"))["oldest"]
    marks = dict(Watermark.objects.values_list("name", "at"))
    letters = Letter.objects.undelivered()
    now = clock.now()
    return {
        "oldest_pending": oldest,
        "is_late": bool(oldest and (now - oldest).total_seconds() > 120),
        "dead": StripeEvent.objects.dead().count(),
        "letters_queued": letters["queued"],
        "letters_failed": letters["failed"],
        "operations_refused": Operation.objects.filter(state=OperationState.REFUSED).count(),
        "reconciled_at": marks.get("reconcile"),
        "different": Difference.objects.count(),
        "caught_up_at": marks.get("events"),
        "progress": Progress.objects.get(id=1),
        "proof": Proof.objects.order_by("-pk").first(),
        "gates": Hit.objects.filter(forget_at__gt=now).values("gate").order_by("gate").annotate(
            keys=Count("id"), most=Max("moments__len")
        ),
    }  # fmt: skip
