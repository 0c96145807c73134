"""/reports/payments/bank/: a bank's file is uploaded, looked at line by line, and taken whole."""

from collections import Counter
from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from audit import log
from members import roles
from members.models import Role
from payments import bank_files, bank_imports, offline
from payments.models import BankFile
from reports.bank_forms import BankFileForm, BankMappingForm

# Fields of one form, well below what a request may have (DATA_UPLOAD_MAX_NUMBER_FIELDS).
MOST_ASKED = 150


@roles.required(Role.FINANCE, Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """A whole file is kept for a day at most, until somebody has decided about it."""
    form = BankFileForm(request.POST, request.FILES) if request.method == "POST" else BankFileForm()
    if form.is_valid():
        content = form.cleaned_data["file"]
        try:
            bank_files.examine(content)
        except bank_files.NotABankFile as refusal:
            form.add_error("file", str(refusal))
        else:
            file = BankFile.objects.create(uploaded_by=roles.patron_of(request), content=content)
            return redirect("reports:bank-file", file.reference)
    return render(request, "reports/bank.html", {"form": form})


@roles.required(Role.FINANCE, Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def look(request: HttpRequest, reference: str) -> HttpResponse:
    """What would become of each line; with POST `record`, it becomes of it. Both are logged.

    A CSV of a new kind is explained first.
    """
    file = get_object_or_404(BankFile, reference=reference, content__isnull=False)
    content = file.text
    if not bank_files.is_camt(content) and ("map" in request.POST or not bank_imports.remembered(content)):
        return _explain(request, file, content)
    try:
        lines = bank_files.read(content, bank_imports.remembered(content))
    except bank_files.NotABankFile as refusal:
        messages.error(request, str(refusal))
        return _explain(request, file, content)
    said, wrong = _said(request, lines)
    if "record" in request.POST and not wrong:
        return _record(request, file, lines, said)
    planned = bank_imports.plan(lines, said)
    log.record(roles.patron_of(request), "bank.view", target=f"bank_file:{file.pk}", lines=len(lines))
    asked = _asked(planned)
    counts = Counter(one.outcome for one in planned)
    context: dict[str, Any] = {
        "file": file, "planned": [(one, one.line.number in asked, wrong.get(one.line.digest, "")) for one in planned],
        "is_long": len(asked) < sum(one.asks for one in planned),
        "counts": [(outcome.label, counts[outcome]) for outcome in bank_imports.Outcome if counts[outcome]],
        "is_camt": bank_files.is_camt(content), "ends_openly": bank_files.ends_openly(content),
    }  # fmt: skip
    return render(request, "reports/bank_file.html", context, status=422 if wrong else 200)


def _explain(request: HttpRequest, file: BankFile, content: bytes) -> HttpResponse:
    """The form of columns; filled in well, it is remembered and the lines are shown."""
    header = _columns(content, request.POST.get("encoding", ""))
    known = bank_imports.remembered(content) or bank_files.Mapping(encoding=bank_files.guess(content))
    form = BankMappingForm(request.POST if "columns" in request.POST else None, header=header, known=known)
    if form.is_valid():
        try:
            bank_files.read(content, form.mapping())
        except bank_files.NotABankFile as refusal:
            form.add_error(None, str(refusal))
        else:
            bank_imports.remember(content, form.mapping())
            return redirect("reports:bank-file", file.reference)
    return render(request, "reports/bank_columns.html", {"form": form, "file": file, "header": header})


def _columns(content: bytes, encoding: str) -> list[str]:
    """The names of the columns in the encoding that was chosen, if the file can be written in it."""
    if encoding in bank_files.ENCODINGS:
        with suppress(bank_files.NotABankFile):
            return bank_files.header(content, encoding)
    return bank_files.header(content, bank_files.guess(content))


def _asked(planned: list[bank_imports.Planned]) -> set[int]:
    """The lines beside which a giver can be typed: those without one first, as many as a form may have."""
    asking = sorted((one for one in planned if one.asks), key=lambda one: bool(one.email))
    return {one.line.number for one in asking[:MOST_ASKED]}


def _said(request: HttpRequest, lines: list[bank_files.Line]) -> tuple[dict[str, str], dict[str, str]]:
    """By a line's digest: the address that was typed for it, and what is wrong with it. Emptied, it is left out."""
    said, wrong = {}, {}
    for line in lines:
        typed = request.POST.get(f"whose-{line.digest}")
        if typed is not None:
            said[line.digest] = typed.strip()
            try:
                if typed.strip():
                    validate_email(typed.strip())
            except ValidationError:
                wrong[line.digest] = _("This is not an e-mail address.")
    return said, wrong


def _record(request: HttpRequest, file: BankFile, lines: list[bank_files.Line], said: dict[str, str]) -> HttpResponse:
    try:
        with transaction.atomic():
            payments = bank_imports.carry_out(file, lines, said)
            log.record(roles.patron_of(request), "bank.import", target=f"bank_file:{file.pk}", payments=len(payments))
    except (bank_imports.NothingToImport, offline.AlreadyRecorded) as refusal:
        messages.error(request, refusal.sentence)
        return redirect("reports:bank")
    count = len(payments)
    messages.success(
        request,
        ngettext("%(count)s transfer is recorded.", "%(count)s transfers are recorded.", count) % {"count": count},
    )
    return redirect("reports:payments")
