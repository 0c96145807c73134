"""/reports/exports/: tables to take away. Short ones come at once, long ones are made in the background."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit import log
from members import roles
from members.models import Role
from newsroom import clock
from reports import exports as verbs
from reports.export_forms import ExportForm
from reports.models import TableExport, TableExportPart
from reports.models.table_export import Format
from reports.tables import TABLES, Filters


@roles.required(Role.FINANCE, Role.ADMIN)
@roles.freshly_signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: HttpRequest) -> HttpResponseBase:
    """One's own files, and the form for another. What is taken is logged before it leaves."""
    staff = roles.patron_of(request)
    tables = [table for table in TABLES.values() if staff.role in table.roles]
    form = ExportForm(request.POST if request.method == "POST" else None, tables=tables, initial=request.GET.dict())
    if form.is_valid():
        wish = form.cleaned_data
        table, filters = TABLES[wish["table"]], Filters(wish["first"], wish["last"], wish["currency"])
        total = table.count(filters)
        log.record(
            staff, "export.table", target=table.name, reason=wish["reason"], format=wish["format"], first=filters.first,
            last=filters.last, currency=filters.currency, rows=total,
        )  # fmt: skip
        if total <= verbs.AT_ONCE:
            return _answer(verbs.file(table, filters, wish["format"]), table.name, wish["format"])
        verbs.ask(table, filters, wish["format"], by=staff, total=total)
        return redirect("reports:exports")
    mine = verbs.of(staff)
    context: dict[str, Any] = {
        "form": form,
        "mine": [(export, TABLES[export.table].title, _state(export)) for export in mine[:20]],
        "is_making": any(export.ready_at is None for export in mine[:20]),
    }
    return render(request, "reports/exports.html", context, status=422 if form.errors else 200)


def _state(export: TableExport) -> str:
    if export.ready_at:
        return ""
    if export.tries >= verbs.MOST_TRIES:
        return _("It could not be made. An admin finds why in the server's log.")
    return _("%(percent)s %% of %(total)s rows") % {
        "percent": min(99, 100 * export.done // max(1, export.total)), "total": export.total,
    }  # fmt: skip


@roles.required(Role.FINANCE, Role.ADMIN)
@roles.freshly_signed_in
@require_safe
def file(request: HttpRequest, reference: UUID) -> HttpResponseBase:
    """/reports/exports/…/file/: one's own file, for a day; another's is answered as if there were none."""
    staff = roles.patron_of(request)
    export = get_object_or_404(verbs.of(staff).filter(ready_at__isnull=False), reference=reference)
    log.record(staff, "export.fetch", target=f"table_export:{export.pk}")
    return _answer(_pieces(export), export.table, export.format)


def _pieces(export: TableExport) -> Iterator[bytes]:
    for part in TableExportPart.objects.filter(export=export).order_by("number").iterator(1):
        yield bytes(part.content)


def _answer(content: Iterator[bytes], name: str, kind: str) -> StreamingHttpResponse:
    filename = f"{name}-{clock.today().isoformat()}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return StreamingHttpResponse(content, content_type=verbs.TYPES[Format(kind)], headers=headers)
