"""The rows behind a figure: what their address asks for, and how the page says of what they are."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reports.figure_forms import month_of
from reports.models import MovementKind
from reports.templatetags.figures import month


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
        day: date | None = self.cleaned_data.get("month") or self.cleaned_data.get("last")
        return day.replace(day=1) if day and self.is_valid() else None

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


class KindForm(RowsForm):
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


class MovementsForm(KindForm, MonthRowsForm):
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
