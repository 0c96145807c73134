"""What staff type who give a membership without money."""

from datetime import date

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from members.grants import Grant
from members.models import GrantKind
from newsroom import clock


class GrantForm(forms.Form):
    """A membership that the newsroom gives without money."""

    kind = forms.ChoiceField(label=_("Kind"), choices=GrantKind.choices)
    last_on = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("They read it if they ask for their data.")
    )  # fmt: skip

    def clean_last_on(self) -> date:
        last_on: date = self.cleaned_data["last_on"]
        if not clock.today() <= last_on <= clock.months_later(clock.today(), 60):
            raise forms.ValidationError(gettext("A membership is given until a day of the next five years."))
        return last_on

    def wanted(self) -> Grant:
        said = self.cleaned_data
        return Grant(GrantKind(said["kind"]), said["last_on"], said["reason"])
