"""Which table staff take away."""

from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from newsroom.models import GivingCurrency
from reports.figure_forms import check_days
from reports.models.table_export import Format
from reports.tables import Table


class ExportForm(forms.Form):
    """A table to take away. `reason` is asked for where it names people."""

    table = forms.ChoiceField(label=_("Table"))
    format = forms.ChoiceField(label=_("Format"), choices=Format.choices)
    first = forms.DateField(
        label=_("From the day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(
        label=_("To the day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    currency = forms.ChoiceField(label=_("Currency"), required=False)
    reason = forms.CharField(
        label=_("Reason"), max_length=500, required=False,
        help_text=_("For the staff's log. Needed where the table names people. Without names."),
    )  # fmt: skip

    def __init__(self, data: QueryDict | None, *, tables: list[Table], initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        self.tables = {table.name: table for table in tables}
        cast("forms.ChoiceField", self.fields["table"]).choices = [(table.name, table.title) for table in tables]
        codes = [(code, code) for code in GivingCurrency.objects.values_list("code", flat=True)]
        cast("forms.ChoiceField", self.fields["currency"]).choices = [("", _("all")), *codes]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        check_days(self)
        table = self.tables.get(cleaned.get("table", ""))
        if table and table.is_personal and not cleaned.get("reason"):
            self.add_error("reason", gettext("This table names people: say what it is needed for."))
        return cleaned
