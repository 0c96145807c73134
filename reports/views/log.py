"""/reports/log/: the staff's log."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audit.models import StaffAction
from members import roles
from members.models import Role
from reports import acts


@roles.required(Role.ADMIN)
@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """/reports/log/: who did or looked at what, newest first; each act in words, with its code and its page."""
    links = StaffAction.objects.select_related("actor").order_by("-id")
    page = Paginator(links, 50).get_page(request.GET.get("page"))
    rows = [(link, acts.word(link.action), acts.page(link)) for link in page]
    return render(request, "reports/log.html", {"page": page, "rows": rows})
