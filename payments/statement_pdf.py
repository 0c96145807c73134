"""Prints a statement as a PDF, from its own row alone: the same number gives the same bytes."""

from datetime import date
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from letters.printing import day
from money.money import Money
from payments import paper, statements
from payments.models import Statement


def pdf(statement: Statement) -> bytes:
    """The statement in its own language."""
    content, language = statement.content, statement.language
    with translation.override(language):
        head = paper.head(
            name=content["name"], accent=content["accent"], logo=[],
            kind=_("Statement"), number=statement, day=day(statement.issued_on, language),
        )  # fmt: skip
        title = _("Statement %(number)s") % {"number": statement}
        parts = [*head, *_about(statement), *_lines(statement), *_totals(statement), *paper.foot("", content["issuer"])]
        return paper.build(parts, title=title, author=content["issuer"][0], language=language)


def kind(line: dict[str, Any]) -> str:
    """What a line tells of, in the present language."""
    return {
        "payment": _("Payment"),
        "refund": _("Refund"),
        "taken_back": _("Taken back by the bank"),
    }[line["kind"]]


def _about(statement: Statement) -> list[Any]:
    days = {"first": day(statement.first_on, statement.language), "last": day(statement.last_on, statement.language)}
    return [
        paper.paragraph(_("What was given by"), 10, colour=paper.QUIET),
        paper.paragraph(statement.giver or _("a giver without a name"), 13, bold=True),
        paper.paragraph(_("From %(first)s to %(last)s") % days, 11),
        paper.gap(6),
    ]


def _lines(statement: Statement) -> list[Any]:
    lines, language = statement.content["lines"], statement.language
    if not lines:
        return [paper.paragraph(_("Nothing was given or returned on these days."), 11)]
    labels = [paper.paragraph(text, 9, colour=paper.QUIET) for text in (_("Day"), _("What"), _("Receipt"))]
    cells = [[*labels, paper.paragraph(_("Amount"), 9, right=True, colour=paper.QUIET)]]
    for line in lines:
        amount = Money(line["amount_minor"], line["currency"])
        cells.append(
            [
                paper.paragraph(day(date.fromisoformat(line["on"]), language), 9),
                paper.paragraph(f"{kind(line)}, {line['method']}", 9),
                paper.paragraph(line["receipt"], 9),
                paper.paragraph(paper.amount(amount, language), 9, right=True),
            ]
        )
    return [paper.table(cells, [0.25, 0.35, 0.18, 0.22])]


def _totals(statement: Statement) -> list[Any]:
    rows: list[paper.Row] = []
    for given, returned, remains in statements.totals(statement):
        rows.append((_("Given"), paper.amount(given, statement.language)))
        if returned.minor:
            rows.append((_("Returned"), paper.amount(returned, statement.language)))
            rows.append((_("Remains"), paper.amount(remains, statement.language)))
    return [paper.gap(8), paper.facts(rows)] if rows else []
