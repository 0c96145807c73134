"""The lines of the book behind a figure of money: what their address asks for, and which lines these are."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from letters import printing
from newsroom import clock
from payments.models import LedgerEntry, Payment
from payments.models.donation import Giver, Interval
from payments.models.ledger import Kind
from payments.models.payment import Source
from reports.figure_forms import check_days
from reports.figures import months
from reports.models import ReturnedPayment
from reports.row_forms import KindForm, MonthRowsForm
from reports.sums import NET
from reports.templatetags.figures import month

# Figures that are not one kind of line of the book.
OTHER_KINDS = {
    "net": _("all lines of net income"), "payments": _("payments, without mistakes"),
    "refunds": _("refunds, and what came back of them"), "disputes": _("disputes, and what came back of them"),
    "fees": _("fees"), "recurring": _("recurring gifts"), "single": _("single gifts"), "back": _("went back"),
    "return": _("failed after all"), "institutional": _("grants and institutions"),
    "mistake": _("recorded by mistake, and taken back"),
}  # fmt: skip
# Of the payments of a month, as they stand since.
OF_PAYMENTS = {
    "paid": _("payments, without those undone"), "refunded": _("payments refunded since"),
    "disputed": _("payments disputed since"), "single": _("single gifts of which nothing went back"),
}  # fmt: skip
# What of a payment it adds up.
_WENT_BACK = {"refunded": [Kind.REFUND, Kind.REFUND_REVERSAL], "disputed": [Kind.DISPUTE]}
_MISTAKE = Q(kind=Kind.REFUND, source=Source.OFFLINE, note="mistake")
_RETURN = Q(kind=Kind.ADJUSTMENT, payment__isnull=False)
_INSTITUTIONS = [Giver.GRANT, Giver.INSTITUTION]
# Such money comes by hand only, which is far less to look through.
_INSTITUTIONAL = Q(payment__donation__giver__in=_INSTITUTIONS, source=Source.OFFLINE)
# Looked for line by line, and only of one that came by hand: no other payment is read.
_OF_READERS = ~(
    Q(source=Source.OFFLINE)
    & Q(Exists(Payment.objects.filter(pk=OuterRef("payment"), donation__giver__in=_INSTITUTIONS)))
)
_GIVEN = Q(kind=Kind.PAYMENT) | _MISTAKE
_ONCE = Q(payment__donation__interval=Interval.ONCE)
_REFUND = Q(kind=Kind.REFUND) & ~_MISTAKE
_REFUNDS = (_REFUND, Q(kind=Kind.REFUND_REVERSAL), _RETURN)
_DISPUTES = (Q(kind=Kind.DISPUTE), Q(kind=Kind.DISPUTE_REVERSAL))
# Figures of several rare kinds of lines, each of which is found by its own index.
RARE = {"refunds": _REFUNDS, "disputes": _DISPUTES, "back": (*_REFUNDS, *_DISPUTES)}
# Figures of readers' money.
_FIGURES = {
    "net": Q(kind__in=[kind for kind in NET if kind in Kind.values]) | _RETURN,
    "payments": _GIVEN,
    "fees": Q(kind__in=[Kind.FEE, Kind.DISPUTE_FEE]),
    "recurring": Q(kind=Kind.PAYMENT) & ~_ONCE,
    "single": _GIVEN & _ONCE,
    # Said part by part: said as a whole, too, all would be read to be put in order.
    **dict.fromkeys(RARE, Q()),
}
# Figures' kinds of lines that are not the book's; reports/sums.py, KIND.
BEHIND = {
    **{name: found & _OF_READERS for name, found in _FIGURES.items()},
    "institutional": _INSTITUTIONAL,
    "mistake": _MISTAKE,
    "refund": _REFUND,
    "return": _RETURN,
    "adjustment": Q(kind=Kind.ADJUSTMENT, payment=None),
}


class LinesForm(KindForm):
    """Lines of the book, by days."""

    first = forms.DateField(label=_("First day"))
    last = forms.DateField(label=_("Last day"))
    source = forms.ChoiceField(label=_("Through"), required=False, choices=[("", ""), *Source.choices])
    seen = forms.BooleanField(label=_("As the giver saw it"), required=False)

    def _kinds(self) -> Sequence[str]:
        return [*Kind.values, *OTHER_KINDS]

    def _about(self, said: dict[str, Any]) -> Sequence[object]:
        kinds = dict(Kind.choices) | OTHER_KINDS
        first, last = (printing.day(said[name], get_language() or "en") for name in ("first", "last"))
        return (
            kinds[said["kind"]] if said["kind"] else gettext("all lines"),
            said["currency"] or gettext("all currencies"),
            gettext("as the givers saw it") if said["seen"] else gettext("as it settled"),
            dict(Source.choices).get(said["source"]),
            first if first == last else f"{first} – {last}",
        )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        check_days(self)
        return said

    def lines(self) -> "QuerySet[LedgerEntry]":
        said = self.cleaned_data
        found = BEHIND.get(said["kind"], Q(kind=said["kind"])) if said["kind"] else Q()
        if said["currency"]:
            found &= Q(**{"seen_currency" if said["seen"] else "currency": said["currency"]})
        if said["source"]:
            found &= Q(source=said["source"])
        return LedgerEntry.objects.filter(found, _within(said["first"], said["last"]))

    def parts(self) -> Sequence[Q]:
        """Which of them, each looked for by itself."""
        return RARE.get(self.cleaned_data["kind"], (Q(),))


class PaymentsForm(KindForm, MonthRowsForm):
    """Payments of a month, with what happened to them since."""

    def _kinds(self) -> Sequence[str]:
        return list(OF_PAYMENTS)

    def _about(self, said: dict[str, Any]) -> Sequence[object]:
        kind = OF_PAYMENTS[said["kind"]] if said["kind"] else gettext("all lines of this month's payments")
        return kind, said["currency"] or gettext("all currencies"), month(said["month"])

    def went_back(self) -> bool:
        """Whether the figure is of what went back: such payments are kept beside."""
        return self.cleaned_data["kind"] in _WENT_BACK

    def is_of_payments(self) -> bool:
        """Whether it adds up the lines of the payments themselves and no others."""
        return self.cleaned_data["kind"] in {"paid", "single"}

    def returned(self) -> "QuerySet[ReturnedPayment]":
        said = self.cleaned_data
        rows = ReturnedPayment.objects.filter(month=said["month"], is_undone=False, **{f"{said['kind']}_minor__gt": 0})
        return rows.filter(currency=said["currency"]) if said["currency"] else rows

    def paid(self) -> "QuerySet[LedgerEntry]":
        """The lines of the payments themselves. What went back of each is asked for one by one, as a page has few."""
        said = self.cleaned_data
        span = _within(said["month"], months.last_day(said["month"]))
        rows = LedgerEntry.objects.filter(_OF_READERS, span, kind=Kind.PAYMENT)
        if said["kind"] == "paid":
            rows = rows.exclude(_since(said["month"], is_undone=True))
        elif said["kind"] == "single":
            rows = rows.filter(_ONCE).exclude(_since(said["month"], ~Q(gone_minor=0)))
        elif said["currency"]:
            others = LedgerEntry.objects.filter(payment=OuterRef("payment"), currency=said["currency"])
            rows = rows.alias(other=Subquery(others.order_by().values("pk")[:1]))
            return rows.filter(Q(currency=said["currency"]) | Q(other__isnull=False))
        return rows.filter(seen_currency=said["currency"]) if said["currency"] else rows

    def lines(self, payments: Sequence[LedgerEntry | ReturnedPayment]) -> list[LedgerEntry]:
        """The lines of these payments that the figure adds up, each payment's together."""
        said, places = self.cleaned_data, {row.payment_id: place for place, row in enumerate(payments)}
        # No payment has number 0: a page without any asks as often as another.
        found = LedgerEntry.objects.filter(payment__in=[*places, 0])
        if said["kind"]:
            found = found.filter(kind__in=_WENT_BACK[said["kind"]])
        elif said["currency"]:
            found = found.filter(currency=said["currency"])
        return sorted(found, key=lambda line: (places[line.payment_id], line.occurred_at, line.pk))


def _within(first: date, last: date) -> Q:
    """Days of the newsroom, both with."""
    return Q(occurred_at__gte=clock.start_of(first), occurred_at__lt=clock.start_of(last + timedelta(days=1)))


def _since(month: date, *what: Q, **facts: object) -> Exists:
    """Whether this became of the line's payment."""
    return Exists(ReturnedPayment.objects.filter(*what, month=month, payment=OuterRef("payment"), **facts))
