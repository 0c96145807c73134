"""/reports/goal/: what the newsroom aims at. Finance and admins set it; the page of the month shows how far it is."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from asks import goals
from asks.models import Goal
from members import roles
from members.models import Role
from newsroom.models import GivingCurrency
from reports.figure_forms import GoalForm
from reports.forms import number


@roles.required(Role.FINANCE, Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def goal(request: HttpRequest) -> HttpResponse:
    """All goals, newest first. POST sets one, or takes back the one named by `drop`."""
    actor, dropped = roles.patron_of(request), request.POST.get("drop", "")
    if dropped:
        goals.drop(actor, number(dropped))
        return redirect("reports:goal")
    codes = list(GivingCurrency.objects.values_list("code", flat=True))
    form = GoalForm(request.POST if request.method == "POST" else None, currencies=codes)
    if form.is_valid():
        try:
            goals.aim(actor, **form.wanted())
        except goals.GoalsOverlap as refused:
            form.add_error("first_on", refused.sentence)
        else:
            messages.success(request, _("Saved."))
            return redirect("reports:goal")
    return render(request, "reports/goal.html", {"form": form, "goals": Goal.objects.all()[:60]})
