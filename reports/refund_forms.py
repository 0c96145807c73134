"""What staff type about money that goes back: the wish, and what a second person decides about it."""

import uuid
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from money.money import Money
from reports.forms import amount


class RefundForm(forms.Form):
    """Money sent back. `key` names the wish, so that a second click sends nothing more."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    amount = forms.CharField(label=_("Amount"), max_length=20)
    reason = forms.CharField(label=_("Reason"), max_length=500, help_text=_("For the staff's log. Without names."))

    def __init__(self, data: QueryDict | None, *, left: Money) -> None:
        self.left = left
        super().__init__(data, initial={"key": uuid.uuid4(), "amount": str(left.decimal)})

    def clean_amount(self) -> Money:
        return amount(self.cleaned_data["amount"], self.left.currency)


class DecisionForm(forms.Form):
    """What a second person decides about a refund. Nothing is decided by leaving anything out."""

    id = forms.IntegerField(min_value=1, max_value=2**62)
    decision = forms.ChoiceField(choices=[("approve", _("Approve")), ("decline", _("Decline"))])
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("decision") == "decline" and not cleaned.get("reason"):
            self.add_error("reason", gettext("Say why it is declined: whoever asked is told."))
        return cleaned
