"""The rows behind where patrons come from: what their address asks for."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reports.figure_forms import SpanForm
from reports.figures import coming
from reports.models import OriginRow
from reports.row_forms import RowsForm, currency_of
from reports.templatetags.figures import brief

What = OriginRow.What
# Of those who joined, the ones of whom it is known what they kept.
OLD = "old"
# As the page heads its columns.
WHAT = {
    What.STARTED: _("Started"), What.JOINED: _("Joined"), OLD: _("Older than 90 days"),
    What.KEPT: _("A month, after 90 days"),
}  # fmt: skip
RULES = {
    coming.Rule.JOINING: _("Credit to the gift with which they joined"),
    coming.Rule.FIRST: _("Credit to the first gift ever"),
}


class OriginsForm(SpanForm, RowsForm):
    """Gifts begun, or persons who joined, from one month to another, by a rule.

    They came from one story, ask or campaign (or from none, if `source` is empty); from wherever, if `by` is.
    """

    page = "reports:origins"
    what = forms.ChoiceField(label=_("What is counted"), choices=[(word, word) for word in WHAT])
    rule = forms.ChoiceField(label=_("Rule"), choices=coming.Rule.choices)
    by = forms.ChoiceField(label=_("By"), required=False, choices=[(word, word) for word in ("", *coming.PARTS)])
    source = forms.CharField(label=_("Came from"), required=False, max_length=60)
    currency = forms.CharField(label=_("Currency"), required=False, max_length=3)

    def clean_currency(self) -> str:
        return currency_of(self.cleaned_data["currency"])

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        name, by = said.get("source", ""), said.get("by", "")
        self.came_from = coming.label(by, name) if name else ""
        if self.came_from is None:
            self.add_error("source", gettext("There is no such story, ask or campaign."))
        return said

    def is_of_gifts(self) -> bool:
        return bool(self.cleaned_data.get("what") == What.STARTED)

    def _about(self, said: dict[str, Any]) -> Sequence[object]:
        none = {"story": gettext("no story"), "ask": gettext("no ask"), "campaign": gettext("no campaign")}
        rule = None if self.is_of_gifts() else RULES[said["rule"]]
        return WHAT[said["what"]], self.came_from or none.get(said["by"]), rule, said["currency"], self._span()

    def _span(self) -> str:
        first, last = self.chosen()
        return f"{brief(first)} – {brief(last)}"

    def back(self) -> tuple[str, str] | None:
        if not self.is_valid():
            return None
        asked = {name: self.data[name] for name in ("first", "last", "by", "rule") if self.data.get(name)}
        return f"{reverse(self.page)}?{urlencode(asked)}", self._span()

    def wanted(self) -> dict[str, Any]:
        """As a filter."""
        said, is_old = self.cleaned_data, self.cleaned_data["what"] == OLD
        found = {
            "what": What.JOINED if is_old else said["what"], "rule": "" if self.is_of_gifts() else said["rule"],
            "month__range": (said["first"], said["last"]),
        }  # fmt: skip
        if said["by"]:
            source = said["source"]
            found[coming.COLUMNS[said["by"]]] = source if said["by"] == "campaign" else int(source or 0)
        found |= {"currency": said["currency"]} if said["currency"] else {}
        return found | ({"is_old": True} if is_old else {})
