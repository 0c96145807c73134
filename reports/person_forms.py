"""The rows behind figures that count persons, pauses and paid years: what their address asks for."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from reports.figure_forms import month_of
from reports.models import Movement, PersonMonth, PersonOutcome
from reports.models.movement import ENDINGS
from reports.row_forms import MonthRowsForm, currency_of
from reports.templatetags.figures import month

# Not what a month was for somebody, but who is there when it ends.
LIVE = "live"


class PersonsForm(MonthRowsForm):
    """Persons of a month, by what it was for them (`left`: for whatever reason), and by how many months they pay.

    Those who are live at its end, too: all, of one cohort, or those who give in one currency.
    """

    outcome = forms.ChoiceField(
        label=_("In this month"), choices=[(name, name) for name in (LIVE, "left", *PersonMonth.Outcome.values)]
    )
    payer = forms.ChoiceField(
        label=_("Months between two charges"), required=False, choices=[("", ""), ("1", "1"), ("12", "12")]
    )
    cohort = forms.CharField(label=_("Joined in"), required=False, max_length=7)
    currency = forms.CharField(label=_("Currency"), required=False, max_length=3)

    def clean_cohort(self) -> date | None:
        return month_of(self.cleaned_data["cohort"]) if self.cleaned_data["cohort"] else None

    def clean_currency(self) -> str:
        return currency_of(self.cleaned_data["currency"])

    def clean(self) -> dict[str, Any]:
        """Of which cohort and currency is asked only of who is live."""
        said = super().clean() or self.cleaned_data
        return said if self.is_live() else said | {"cohort": None, "currency": ""}

    def is_live(self) -> bool:
        return bool(self.cleaned_data.get("outcome") == LIVE)

    def _about(self, said: dict[str, Any]) -> Sequence[object]:
        outcomes = dict(PersonMonth.Outcome.choices) | {
            "left": pgettext("patrons", "Left"), LIVE: gettext("active at the end of the month")
        }  # fmt: skip
        payers = {"1": _("monthly payers"), "12": _("yearly payers")}
        joined = gettext("joined in %(month)s") % {"month": month(said["cohort"])} if said["cohort"] else None
        return outcomes[said["outcome"]], joined, payers.get(said["payer"]), said["currency"], month(said["month"])

    def outcomes(self) -> list[str]:
        outcome: str = self.cleaned_data["outcome"]
        return [str(kind) for kind in ENDINGS] if outcome == "left" else [outcome]

    def wanted(self) -> dict[str, Any]:
        """As a filter, of one outcome at a time."""
        said = self.cleaned_data
        return {"month": said["month"], "patron_id__gt": said["after"] or 0} | self._payer()

    def live(self) -> "QuerySet[PersonOutcome]":
        """Of those who are live at the month's end, the rows that say when they joined; the last who joined first.

        As the figure does, it adds up how often each became live and ceased to be: they are walked from when they
        joined, and the movements of each of them are few.
        """
        said = self.cleaned_data
        moved = Movement.objects.filter(patron=OuterRef("patron"), month__lte=said["month"])
        if said["currency"]:
            moved = moved.filter(currency=said["currency"])
        standing = moved.order_by().values("patron").annotate(n=Sum("givers" if said["currency"] else "persons"))
        joined = PersonOutcome.objects.filter(outcome=PersonMonth.Outcome.NEW, **self._payer())
        found = joined.filter(**({"month": said["cohort"]} if said["cohort"] else {}), month__lte=said["month"])
        if last := joined.filter(patron=said["after"]).first() if said["after"] else None:
            # The bound that stands alone is where the index is entered.
            behind = Q(month__lt=last.month) | Q(patron_id__lt=last.patron_id)
            found = found.filter(behind, month__lte=last.month)
        found = found.alias(standing=Subquery(standing.values("n"))).filter(standing__gt=0)
        return found.order_by("-month", "-patron_id")

    def _payer(self) -> dict[str, str]:
        return {"payer": self.cleaned_data["payer"]} if self.cleaned_data["payer"] else {}


class PausesForm(MonthRowsForm):
    """Pauses that were to end in a month."""

    page = "reports:retention"

    def _about(self, said: dict[str, Any]) -> Sequence[object]:
        return _("pauses that were to end in this month"), month(said["month"])


class YearsForm(MonthRowsForm):
    """Paid years that ended in a month."""

    page = "reports:retention"

    def _about(self, said: dict[str, Any]) -> Sequence[object]:
        return _("paid years that ended in this month"), month(said["month"])
