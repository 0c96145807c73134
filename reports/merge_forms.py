"""What staff type who put two records of one person together, or take them apart."""

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from members.models import Patron


class OtherForm(forms.Form):
    """The other record, by the number that its page shows."""

    other = forms.IntegerField(label=_("Number of the other record"), min_value=1, max_value=2**63 - 1)

    def clean_other(self) -> int:
        number: int = self.cleaned_data["other"]
        if not Patron.objects.filter(pk=number).exists():
            raise forms.ValidationError(gettext("There is no record of this number."))
        return number


class MergeForm(forms.Form):
    """Why, for the staff's log."""

    reason = forms.CharField(label=_("Reason"), max_length=500, help_text=_("For the staff's log. Without names."))
