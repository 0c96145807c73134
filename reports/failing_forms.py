"""The rows behind failed payments, what is at risk, and who does not give: what their address asks for."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from members.models import Membership
from members.models.granted import GrantKind
from newsroom import clock
from payments import wording
from payments.models import Invoice
from reports.figures import failing, months, persons
from reports.models import ExposedMembership, Exposure
from reports.row_forms import MonthRowsForm, RowsForm, currency_of
from reports.spoken import WAYS
from reports.templatetags.figures import month

# Which invoices, and the moment by which they are of a month.
DUE, FAILED, FIRST_FAILED = "due", "failed", "first_failed"
MOMENTS = {DUE: "created_at", FAILED: "failure__due_at", FIRST_FAILED: "failure__failed_at"}
# A cause without codes of its own, and what stands in an address for the empty word.
UNSAID, NOTHING = "unsaid", "nothing"


def _named(words: Sequence[str]) -> list[tuple[str, str]]:
    return [(word, word) for word in words]


class InvoicesForm(MonthRowsForm):
    """Invoices that fell due in a month, those of them that failed, or those that failed for the first time in it.

    The last ones also by cause, and by what mended them. `year`: of all months that the month's page shows.
    """

    page = "reports:failed"
    what = forms.ChoiceField(label=_("Which"), choices=_named([*MOMENTS]))
    year = forms.BooleanField(label=_("With the twelve months before"), required=False)
    currency = forms.CharField(label=_("Currency"), required=False, max_length=3)
    cause = forms.ChoiceField(label=_("Cause"), required=False, choices=_named(["", *wording.CAUSES, UNSAID]))
    by = forms.ChoiceField(
        label=_("What mended it"), required=False, choices=_named(["", *filter(None, WAYS), NOTHING])
    )

    def clean_currency(self) -> str:
        return currency_of(self.cleaned_data["currency"])

    def clean(self) -> dict[str, Any]:
        """Causes and what mended them are asked only of those that failed for the first time."""
        said = super().clean() or self.cleaned_data
        return said if said.get("what") == FIRST_FAILED else said | {"cause": "", "by": ""}

    def _about(self, said: dict[str, Any]) -> Sequence[object]:
        what = {
            DUE: _("invoices that fell due"), FAILED: _("invoices that fell due, whose first attempt failed"),
            FIRST_FAILED: _("invoices whose first failure was in this time"),
        }  # fmt: skip
        why = wording.reason(said["cause"]) if said["cause"] else None
        first, last = (month(one) for one in self._span())
        span = first if first == last else f"{first} – {last}"
        way = WAYS[self._way()] if said["by"] else None
        return what[said["what"]], why, way, said["currency"] or gettext("all currencies"), span

    def _span(self) -> tuple[date, date]:
        """The first and the last month. What mended invoices is told of several months once it is known of each."""
        said = self.cleaned_data
        shown = failing.shown(said["month"]) if said["year"] else [said["month"]]
        if said["year"] and said["what"] == FIRST_FAILED:
            today = clock.today()
            shown = [one for one in shown if months.is_known(one, today)]
        return shown[0], shown[-1]

    def _way(self) -> str:
        by: str = self.cleaned_data["by"]
        return "" if by == NOTHING else by

    def moment(self) -> str:
        return MOMENTS[self.cleaned_data["what"]]

    def wanted(self) -> "QuerySet[Invoice]":
        said, moment = self.cleaned_data, self.moment()
        first, last = self._span()
        begins, ends = clock.start_of(first), clock.start_of(months.after(last))
        found: QuerySet[Invoice] = Invoice.objects.due() if said["what"] == DUE else Invoice.objects.all()
        found = found.filter(**{f"{moment}__gte": begins, f"{moment}__lt": ends})
        if said["currency"]:
            # Of a failure the night keeps it, so that no invoice in another currency is read.
            name = "currency" if said["what"] == DUE else "failure__currency"
            found = found.filter(**{name: said["currency"]})
        if said["by"]:
            found = found.filter(failure__recovered_by=self._way())
        return found.filter(_of_cause(said["cause"])) if said["cause"] else found


def _of_cause(cause: str) -> Q:
    if cause == UNSAID:
        return ~Q(failure__code__in=set().union(*wording.CAUSES.values()))
    return Q(failure__code__in=wording.CAUSES[cause])


class MembershipsForm(RowsForm):
    """Memberships of today: of one currency those on which the monthly sum hangs; or those of who does not give."""

    what = forms.ChoiceField(
        label=_("Which"), choices=_named([*Exposure.What.values, Membership.Source.GIFT, *GrantKind.values])
    )
    currency = forms.CharField(label=_("Currency"), required=False, max_length=3)

    def clean_currency(self) -> str:
        return currency_of(self.cleaned_data["currency"])

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if self.is_at_risk():
            self.page = "reports:failed"
            if said.get("currency") == "":
                self.add_error("currency", gettext("A currency is three capital letters, as in EUR."))
        return said

    def is_at_risk(self) -> bool:
        return self.cleaned_data.get("what") in Exposure.What.values

    def of_month(self) -> date | None:
        return months.this() if self.is_valid() else None

    def _about(self, said: dict[str, Any]) -> Sequence[object]:
        what = {
            "all": _("Monthly sum"), "failing": _("Failing now"), "expiring": _("Cards that expire within 60 days"),
            "leaving": _("About to leave"), "top": _("Largest hundredth of givers"),
            Membership.Source.GIFT: Membership.Source.GIFT.label, **dict(GrantKind.choices),
        }  # fmt: skip
        return what[said["what"]], said["currency"] if self.is_at_risk() else None

    def order(self) -> str:
        """The largest sums first; of who does not give, those whose time is over soonest."""
        return "-monthly_parts" if self.is_at_risk() else "paid_through"

    def wanted(self) -> "QuerySet[Any]":
        said = self.cleaned_data
        if not self.is_at_risk():
            return persons.given().filter(by=said["what"])
        hangs = {} if said["what"] == Exposure.What.ALL else {f"is_{said['what']}": True}
        return ExposedMembership.objects.filter(currency=said["currency"], **hangs)
