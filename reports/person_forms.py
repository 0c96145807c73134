"""What the persons behind a figure are looked for by; the address carries it, and no person but the last one shown."""

from datetime import date
from typing import Any

from django import forms

from reports.figure_forms import month_of
from reports.models import PersonMonth
from reports.models.movement import ENDINGS


class PersonsForm(forms.Form):
    """Persons of a month, by what it was for them (`left`: for whatever reason), and by how many months they pay."""

    month = forms.CharField(max_length=7)
    outcome = forms.ChoiceField(choices=[(name, name) for name in ("left", *PersonMonth.Outcome.values)])
    payer = forms.ChoiceField(required=False, choices=[("", ""), ("1", "1"), ("12", "12")])
    after = forms.IntegerField(required=False, min_value=0, max_value=2**62)

    def clean_month(self) -> date:
        return month_of(self.cleaned_data["month"])

    def outcomes(self) -> list[str]:
        outcome: str = self.cleaned_data["outcome"]
        return [str(kind) for kind in ENDINGS] if outcome == "left" else [outcome]

    def wanted(self) -> dict[str, Any]:
        """As a filter, of one outcome at a time."""
        said = self.cleaned_data
        found = {"month": said["month"], "patron_id__gt": said["after"] or 0}
        return found | ({"payer": said["payer"]} if said["payer"] else {})


class PausesForm(forms.Form):
    """Pauses that were to end in a month."""

    month = forms.CharField(max_length=7)
    after = forms.IntegerField(required=False, min_value=0, max_value=2**62)

    def clean_month(self) -> date:
        return month_of(self.cleaned_data["month"])

    def wanted(self) -> dict[str, Any]:
        """As a filter."""
        return {"month": self.cleaned_data["month"], "change_id__gt": self.cleaned_data["after"] or 0}
