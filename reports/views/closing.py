"""/reports/close/: a month closed for finance, why Stripe shows other figures; and daily rates."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit import log
from members import roles
from members.models import Role
from newsroom import clock
from newsroom.models import DailyRate, GivingCurrency, Newsroom
from payments.models import Payout
from payments.models.ledger import Kind
from reports.figure_forms import MonthForm, RatesForm
from reports.figures import apart, closing, months
from reports.line_forms import OTHER_KINDS
from reports.models import ClosedMonth, Progress


@roles.required(Role.FINANCE, Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest) -> HttpResponse:
    """/reports/close/?month=2026-10: the month's lines tied to its payouts; with POST it is closed, once and logged."""
    form = MonthForm(request.GET)
    chosen = form.chosen() if request.GET.get("month") else months.after(months.this(), -1)
    closed = ClosedMonth.objects.select_related("closed_by").filter(month=chosen).first()
    if request.method == "POST":
        return _close(request, chosen, is_closed=closed is not None or not form.is_valid())
    now, transfers = closing.figures(chosen), closing.transfers(chosen)
    balances = closing.balances(chosen)
    left = [line.payout for balance in balances.values() for line in balance.payouts if line.payout]
    context = {
        "form": form, "month": chosen, "earlier": months.after(chosen, -1),
        "later": months.after(chosen) if chosen < months.this() else None, "is_running": chosen >= months.this(),
        "oldest": months.FIRST, "eve": chosen - timedelta(days=1), "end": months.last_day(chosen),
        "balances": balances, "transfers": transfers, "arrived": _arrived(transfers),
        "told": closing.told([*left, *transfers]),
        "kinds": _kinds(),
        "closed": closed, "since": _since(closed.figures, now) if closed else [],
        "progress": Progress.objects.get(id=1),
    }  # fmt: skip
    return render(request, "reports/close.html", context, status=200 if form.is_valid() else 400)


def _close(request: HttpRequest, chosen: date, *, is_closed: bool) -> HttpResponse:
    if is_closed or chosen >= months.this():
        messages.error(request, _("Only a month that is over and not closed yet can be closed."))
    else:
        with transaction.atomic():
            actor = roles.patron_of(request)
            ClosedMonth.objects.create(month=chosen, figures=closing.figures(chosen), closed_by=actor)
            log.record(actor, "month.close", target=f"month:{chosen:%Y-%m}")
        messages.success(request, _("Closed. These figures are kept."))
    return redirect(f"{reverse('reports:close')}?month={chosen:%Y-%m}")


def _arrived(transfers: list[Payout]) -> dict[str, int]:
    """By currency, what is at the bank already."""
    sums: dict[str, int] = defaultdict(int)
    for payout in transfers:
        if payout.status == "paid":
            sums[payout.currency] += payout.amount_minor
    return dict(sorted(sums.items()))


def _kinds() -> list[tuple[str, Any]]:
    names = dict(Kind.choices) | OTHER_KINDS
    return [(kind, names[kind]) for kind in closing.KINDS]


def _since(kept: dict[str, dict[str, int]], now: dict[str, dict[str, int]]) -> list[tuple[str, str, int, int]]:
    """What is another figure now: currency, which, as closed, today."""
    names = dict(_kinds()) | {"opening": _("opening"), "closing": _("closing"), "by_hand": _("recorded by hand")}
    return [
        (currency, str(names.get(name, name)), kept.get(currency, {}).get(name, 0), now.get(currency, {}).get(name, 0))
        for currency in sorted({*kept, *now})
        for name in ("opening", *closing.KINDS, "closing", "by_hand")
        if kept.get(currency, {}).get(name, 0) != now.get(currency, {}).get(name, 0)
    ]


@roles.required(Role.FINANCE, Role.ADMIN)
@require_safe
def differences(request: HttpRequest) -> HttpResponse:
    """/reports/close/differences/: why Stripe's own pages show other figures, with the rows of every reason."""
    today = clock.today()
    return render(request, "reports/differences.html", {"reasons": apart.reasons(today, Newsroom.current().grace_days)})


@roles.required(Role.FINANCE, Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def rates(request: HttpRequest) -> HttpResponse:
    """/reports/rates/: what currencies are worth in the newsroom's own, by day."""
    home = GivingCurrency.home()
    form = RatesForm(request.POST if request.method == "POST" else None, home=home)
    if home and form.is_valid():
        with transaction.atomic():
            for row in form.cleaned_data["lines"]:
                row.source = form.cleaned_data["source"]
                DailyRate.objects.update_or_create(
                    day=row.day, currency=row.currency, into=home, defaults={"rate": row.rate, "source": row.source}
                )
            log.record(roles.patron_of(request), "rates.enter", target="rates", lines=len(form.cleaned_data["lines"]))
        messages.success(request, _("Saved."))
        return redirect("reports:rates")
    newest = DailyRate.objects.filter(into=home).order_by("-day", "currency")[:60]
    return render(request, "reports/rates.html", {"form": form, "home": home, "rates": newest})
