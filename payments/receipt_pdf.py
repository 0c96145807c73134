"""Prints a receipt as a PDF: one page, from rows, in the receipt's language. The same rows give the same bytes."""

from datetime import timedelta
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from letters.outbox import Attachment
from letters.printing import day
from money.money import Money
from newsroom.models import Newsroom
from payments import names, paper, wording
from payments.models import Payment, Receipt

SHORTEST_YEAR, LONGEST_MONTH = 365, 31


def attachment(id: str) -> Attachment:  # noqa: A002  the name of a primary key
    """The PDF of the receipt of this primary key, as a file for its letter."""
    receipt = Receipt.objects.select_related("payment__donation__patron", "payment__invoice").get(pk=int(id))
    return Attachment(f"receipt-{receipt}.pdf", pdf(receipt), "application/pdf")


def pdf(receipt: Receipt) -> bytes:
    """The receipt in its own language: a page of A4. Money sent or taken back until now stands on it."""
    newsroom, language = Newsroom.current(), receipt.language
    with translation.override(language):
        head = paper.head(
            name=newsroom.public_name, accent=newsroom.accent, logo=paper.logo(newsroom),
            kind=_("Receipt"), number=receipt, day=day(receipt.issued_at, language),
        )  # fmt: skip
        foot = paper.foot(newsroom.receipt_wording(language), paper.issuer(newsroom))
        title = _("Receipt %(number)s") % {"number": receipt}
        return paper.build([*head, *_body(receipt), *foot], title=title, author=newsroom.legal_name, language=language)


def _body(receipt: Receipt) -> list[Any]:
    payment, language = receipt.payment, receipt.language
    return [
        paper.paragraph(_("Received with thanks from"), 10, colour=paper.QUIET),
        paper.paragraph(names.of(payment, names.Audience.RECEIPT), 13, bold=True),
        paper.gap(6),
        paper.facts(
            [
                (_("Amount"), paper.amount(payment.amount, language)),
                (_("Paid on"), day(payment.paid_at or receipt.issued_at, language)),
                (_("Paid with"), wording.method(payment, language)),
                (_("For"), _purpose(payment, language)),
            ]
        ),
        *_returned(payment, language),
    ]


def _returned(payment: Payment, language: str) -> list[Any]:
    """What has gone back to the giver, and what remains."""
    rows: list[paper.Row] = [
        (_("Refunded on %(day)s") % {"day": day(refund.created_at, language)}, (-refund.amount).format(language))
        for refund in payment.refunds.order_by("created_at", "id")
        if refund.counts
    ]
    if payment.disputed_minor:
        taken = Money(-payment.disputed_minor, payment.currency)
        rows.append((_("Taken back by the bank"), taken.format(language)))
    if not rows:
        return []
    remains = Money(payment.amount_minor - payment.refunded_minor - payment.disputed_minor, payment.currency)
    rows.append((_("Remains"), remains.format(language)))
    return [paper.gap(8), paper.paragraph(_("Returned"), 11, bold=True), paper.gap(2), paper.facts(rows)]


def _purpose(payment: Payment, language: str) -> str:
    invoice, bought = payment.invoice, payment.donation.gift_membership
    if bought:
        return _("gift membership, %(length)s") % {"length": bought.length}
    if invoice is None:
        return _("one-time gift")
    # By the period's own length: the giver may have changed to another rhythm since. Its end begins the next one.
    days = (invoice.period_end - invoice.period_start).days
    last = invoice.period_end - timedelta(days=1)
    period = {"first": day(invoice.period_start, language), "last": day(last, language)}
    if days >= SHORTEST_YEAR:
        return _("yearly support, %(first)s to %(last)s") % period
    if days > LONGEST_MONTH:
        return _("support, %(first)s to %(last)s") % period
    return _("monthly support, %(first)s to %(last)s") % period
