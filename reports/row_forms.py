"""The rows behind a figure: what their address asks for, and how the page says of what they are."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.db.models import Q
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from letters import printing
from payments.models.donation import Giver, Interval
from payments.models.ledger import Kind
from payments.models.payment import Source
from reports.figure_forms import month_of
from reports.figures import months
from reports.models import MovementKind
from reports.sums import NET
from reports.templatetags.figures import month

# Figures that are not one kind of line of the book.
OTHER_KINDS = {
    "net": _("all lines of net income"), "return": _("failed after all"), "institutional": _("grants and institutions"),
    "mistake": _("recorded by mistake, and taken back"), "payments": _("payments, without mistakes"),
    "recurring": _("recurring gifts"), "single": _("single gifts"), "back": _("went back"),
}  # fmt: skip
_MISTAKE = Q(kind=Kind.REFUND, source=Source.OFFLINE, note="mistake")
_RETURN = Q(kind=Kind.ADJUSTMENT, payment__isnull=False)
# Such money comes by hand only, which is far less to look through.
_INSTITUTIONAL = Q(payment__donation__giver__in=[Giver.GRANT, Giver.INSTITUTION], source=Source.OFFLINE)
_READERS, _ONCE = Q(payment__donation__giver=Giver.READER), Q(payment__donation__interval=Interval.ONCE)
_GIVEN = Q(kind=Kind.PAYMENT) | _MISTAKE
_BACK = Q(kind__in=[Kind.REFUND, Kind.REFUND_REVERSAL, Kind.DISPUTE, Kind.DISPUTE_REVERSAL]) | _RETURN
# Figures' kinds of lines that are not the book's; reports/sums.py, KIND.
BEHIND = {
    "net": (Q(kind__in=[kind for kind in NET if kind in Kind.values]) | _RETURN) & ~_INSTITUTIONAL,
    "institutional": _INSTITUTIONAL,
    "mistake": _MISTAKE,
    "refund": Q(kind=Kind.REFUND) & ~_MISTAKE,
    "return": _RETURN,
    "adjustment": Q(kind=Kind.ADJUSTMENT, payment=None),
    "payments": _GIVEN & _READERS,
    "recurring": Q(kind=Kind.PAYMENT) & _READERS & ~_ONCE,
    "single": _GIVEN & _READERS & _ONCE,
    "back": _BACK & _READERS & ~_MISTAKE,
}


class RowsForm(forms.Form):
    """Which rows, and behind which of them to go on; the address carries it, and no person but the last one shown."""

    # The page on which the figure stands.
    page = "reports:home"
    after = forms.IntegerField(label=_("Go on after"), required=False, min_value=0, max_value=2**62)

    def about(self) -> list[str]:
        """Of which figure, currency and days the rows are, in words; nothing if what was asked for makes no sense."""
        return [str(part) for part in self._about(self.cleaned_data) if part] if self.is_valid() else []

    def _about(self, said: dict[str, Any]) -> Sequence[object]:
        raise NotImplementedError

    def of_month(self) -> date | None:
        """The first day of the month on whose page the figure stands; None if what was asked for makes no sense."""
        first: date | None = self.cleaned_data.get("month") or self.cleaned_data.get("first")
        return first.replace(day=1) if first and self.is_valid() else None

    def back(self) -> tuple[str, str] | None:
        """The way back to that page, and what it is called."""
        of = self.of_month()
        return (f"{reverse(self.page)}?month={of:%Y-%m}", month(of)) if of else None

    def address(self) -> str:
        """What was asked for, as it stands in the address; not where to go on."""
        return urlencode({name: self.data[name] for name in self.fields if name != "after" and self.data.get(name)})


class MonthRowsForm(RowsForm):
    """Rows of a month."""

    month = forms.CharField(label=_("Month"), max_length=7)

    def clean_month(self) -> date:
        return month_of(self.cleaned_data["month"])


def currency_of(code: str) -> str:
    """One, or none. Raises ValidationError with a sentence."""
    if code and not re.fullmatch(r"[A-Z]{3}", code):
        raise forms.ValidationError(gettext("A currency is three capital letters, as in EUR."))
    return code


class _KindForm(RowsForm):
    """Rows of a kind and a currency."""

    currency = forms.CharField(label=_("Currency"), required=False, max_length=3)
    kind = forms.CharField(label=_("Kind"), required=False, max_length=16)

    def clean_currency(self) -> str:
        return currency_of(self.cleaned_data["currency"])

    def _kinds(self) -> Sequence[str]:
        raise NotImplementedError

    def clean_kind(self) -> str:
        kind: str = self.cleaned_data["kind"]
        if kind and kind not in self._kinds():
            raise forms.ValidationError(gettext("There is no such kind of row."))
        return kind


class MovementsForm(_KindForm, MonthRowsForm):
    """Movements of a month."""

    def _kinds(self) -> Sequence[str]:
        return MovementKind.values

    def _about(self, said: dict[str, Any]) -> Sequence[object]:
        kind = MovementKind(said["kind"]).label if said["kind"] else gettext("all movements")
        return kind, said["currency"] or gettext("all currencies"), month(said["month"])

    def wanted(self) -> dict[str, Any]:
        """As a filter."""
        said = self.cleaned_data
        found = {"currency": said["currency"]} if said["currency"] else {}
        return found | {"month": said["month"], "counted_as__in": [said["kind"]] if said["kind"] else self._kinds()}


class LinesForm(_KindForm):
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
        for name in ("first", "last"):
            if said.get(name) and not months.FIRST <= said[name] < months.LAST:
                self.add_error(name, gettext("This day is too far away."))
        if said.get("first") and said.get("last") and said["first"] > said["last"]:
            self.add_error("last", gettext("The last day comes before the first."))
        return said

    def wanted(self) -> Q:
        """As a filter. What givers gave is that of readers, without what was recorded by mistake."""
        said = self.cleaned_data
        found = BEHIND.get(said["kind"], Q(kind=said["kind"])) if said["kind"] else Q()
        if said["kind"] == "payment" and said["seen"]:
            found = (found | BEHIND["mistake"]) & Q(payment__donation__giver=Giver.READER)
        if said["currency"]:
            found &= Q(**{"seen_currency" if said["seen"] else "currency": said["currency"]})
        return found & Q(source=said["source"]) if said["source"] else found
