"""What the persons behind a figure are looked for by; the address carries it, and no person but the last one shown."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from reports.figure_forms import month_of
from reports.models import PersonMonth
from reports.models.movement import ENDINGS
from reports.row_forms import RowsForm
from reports.templatetags.figures import month


class PersonsForm(RowsForm):
    """Persons of a month, by what it was for them (`left`: for whatever reason), and by how many months they pay."""

    month = forms.CharField(label=_("Month"), max_length=7)
    outcome = forms.ChoiceField(
        label=_("In this month"), choices=[(name, name) for name in ("left", *PersonMonth.Outcome.values)]
    )
    payer = forms.ChoiceField(
        label=_("Months between two charges"), required=False, choices=[("", ""), ("1", "1"), ("12", "12")]
    )
    after = forms.IntegerField(label=_("Go on after"), required=False, min_value=0, max_value=2**62)

    def clean_month(self) -> date:
        return month_of(self.cleaned_data["month"])

    def _about(self, said: dict[str, Any]) -> Sequence[object]:
        outcomes = dict(PersonMonth.Outcome.choices) | {"left": pgettext("patrons", "Left")}
        payers = {"1": _("monthly payers"), "12": _("yearly payers")}
        return outcomes[said["outcome"]], payers.get(said["payer"]), month(said["month"])

    def outcomes(self) -> list[str]:
        outcome: str = self.cleaned_data["outcome"]
        return [str(kind) for kind in ENDINGS] if outcome == "left" else [outcome]

    def wanted(self) -> dict[str, Any]:
        """As a filter, of one outcome at a time."""
        said = self.cleaned_data
        found = {"month": said["month"], "patron_id__gt": said["after"] or 0}
        return found | ({"payer": said["payer"]} if said["payer"] else {})


class PausesForm(RowsForm):
    """Pauses that were to end in a month."""

    month = forms.CharField(label=_("Month"), max_length=7)
    after = forms.IntegerField(label=_("Go on after"), required=False, min_value=0, max_value=2**62)

    def clean_month(self) -> date:
        return month_of(self.cleaned_data["month"])

    def _about(self, said: dict[str, Any]) -> Sequence[object]:
        return _("pauses that were to end in this month"), month(said["month"])

    def wanted(self) -> dict[str, Any]:
        """As a filter."""
        return {"month": self.cleaned_data["month"], "change_id__gt": self.cleaned_data["after"] or 0}
