"""What the pages of figures are asked for: months, spans, days, a round; a goal and daily rates."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from babel.numbers import is_currency
from django import forms
from django.http import QueryDict
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from asks.models import Goal
from newsroom import clock
from newsroom.models import DailyRate
from reports.figures import months
from reports.forms import amount
from reports.templatetags.figures import day
from voting.models import Round


class MonthForm(forms.Form):
    """Which month a page of figures is about: a calendar month of the newsroom, not one that is still to come."""

    month = forms.CharField(
        label=_("Month"), required=False, max_length=7, widget=forms.TextInput(attrs={"type": "month"})
    )

    def clean_month(self) -> date:
        """Its first day."""
        return month_of(self.cleaned_data["month"]) if self.cleaned_data["month"] else months.this()

    def chosen(self) -> date:
        """The month asked for; the running one if what was asked for makes no sense."""
        chosen: date = self.cleaned_data["month"] if self.is_valid() else months.this()
        return chosen


def month_of(text: str) -> date:
    """`2026-10` as the month's first day. Raises ValidationError with a sentence."""
    match = re.fullmatch(r"(\d{4})-(\d{2})", text.strip(), re.ASCII)
    if match is None or not 1 <= int(match[2]) <= 12:
        raise forms.ValidationError(gettext("Write a month like 2026-10."))
    first = date(max(int(match[1]), 1), int(match[2]), 1)
    if first > months.this():
        raise forms.ValidationError(gettext("This month is still to come."))
    if first < months.FIRST:
        raise forms.ValidationError(gettext("Nothing here is as old as that."))
    return first


def check_days(form: forms.Form, first: str = "first", last: str = "last") -> None:
    """Says of a form's two days if one is too far away, or the last before the first. Either may be missing."""
    days: list[Any] = [form.cleaned_data.get(name) for name in (first, last)]
    for name, chosen in zip((first, last), days, strict=True):
        if chosen and not months.FIRST <= chosen < months.LAST:
            form.add_error(name, gettext("This day is too far away."))
    if all(days) and days[0] > days[1]:
        form.add_error(last, gettext("The last day comes before the first."))


class SpanForm(forms.Form):
    """From one month to another, both with."""

    first = forms.CharField(
        label=_("First month"), required=False, max_length=7, widget=forms.TextInput(attrs={"type": "month"})
    )
    last = forms.CharField(
        label=_("Last month"), required=False, max_length=7, widget=forms.TextInput(attrs={"type": "month"})
    )

    def __init__(self, data: QueryDict) -> None:
        """What is not said is shown as what it then is."""
        said = data.copy()
        for name, month in (("first", months.after(months.this(), -11)), ("last", months.this())):
            said[name] = data.get(name) or f"{month:%Y-%m}"
        super().__init__(said)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in ("first", "last"):
            try:
                cleaned[name] = month_of(cleaned.get(name, ""))
            except forms.ValidationError as error:
                self.add_error(name, error)
        if not self.errors and cleaned["first"] > cleaned["last"]:
            self.add_error("last", gettext("The last month comes before the first."))
        return cleaned

    def chosen(self) -> tuple[date, date]:
        """The span asked for; the last twelve months if what was asked for makes no sense."""
        if self.is_valid():
            return self.cleaned_data["first"], self.cleaned_data["last"]
        return months.after(months.this(), -11), months.this()

    def word(self, name: str, words: Sequence[str]) -> str:
        """One of the words, as the address has it; the first if it has another."""
        said = self.data.get(name, "")
        return said if said in words else words[0]


class DaysForm(forms.Form):
    """From one day to another, both with, in a currency. One that is still to come has nothing to show."""

    first = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data: QueryDict, *, today: date, currencies: Sequence[str], home: str) -> None:
        """What is not said is shown as what it then is: the last 31 days, in the newsroom's own currency."""
        own = home if home in currencies or not currencies else currencies[0]
        self.usual = (today - timedelta(days=30), today, own)
        said = data.copy()
        for name, usual in zip(("first", "last", "currency"), self.usual, strict=True):
            said[name] = data.get(name) or str(usual)
        super().__init__(said)
        choices = [(code, code) for code in currencies or [home]]
        self.fields["currency"] = forms.ChoiceField(label=_("Currency"), required=bool(own), choices=choices)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        check_days(self)
        return said

    def chosen(self) -> tuple[date, date, str]:
        """The days and the currency asked for; the usual ones if what was asked for makes no sense."""
        if self.is_valid():
            return self.cleaned_data["first"], self.cleaned_data["last"], self.cleaned_data["currency"]
        return self.usual


class RoundForm(forms.Form):
    """Which of the counted rounds the money behind topics is shown of: the newest if none is named."""

    def __init__(self, data: QueryDict, *, rounds: Sequence[Round]) -> None:
        super().__init__(data)
        self.rounds = {one.pk: one for one in rounds}
        language = get_language() or "en"
        choices = [(one.pk, f"{one.title(language)} ({day(clock.day(one.closes_at))})") for one in rounds]
        self.fields["round"] = forms.TypedChoiceField(
            label=_("Round"), required=False, coerce=int, empty_value=None, choices=choices
        )

    def chosen(self) -> Round | None:
        """None if no round has been counted."""
        named: int | None = self.cleaned_data["round"] if self.is_valid() else None
        return self.rounds.get(named or 0) or next(iter(self.rounds.values()), None)


class GoalForm(forms.Form):
    """What is aimed at: so many active patrons, or so much a month in a currency, by the last of some days."""

    counts = forms.ChoiceField(label=_("What is counted"))
    target = forms.CharField(label=_("How much or how many"), max_length=20)
    first_on = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}))
    last_on = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data: QueryDict | None, *, currencies: Sequence[str]) -> None:
        super().__init__(data)
        sums = [(code, gettext("monthly sum in %(currency)s") % {"currency": code}) for code in currencies]
        self.fields["counts"] = forms.ChoiceField(
            label=_("What is counted"), choices=[("patrons", Goal.What.PATRONS.label), *sums]
        )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        check_days(self, "first_on", "last_on")
        if said.get("counts") and said.get("target"):
            try:
                said["target"] = self._target(said["counts"], said["target"])
            except forms.ValidationError as error:
                self.add_error("target", error)
        return said

    def _target(self, counts: str, text: str) -> int:
        if counts != "patrons":
            return amount(text, counts).minor
        if not re.fullmatch(r"[0-9]{1,8}", text.strip(), re.ASCII) or not int(text):
            raise forms.ValidationError(gettext("Write how many persons, in digits."))
        return int(text)

    def wanted(self) -> dict[str, Any]:
        """As `goals.aim` takes it."""
        said, is_of_persons = self.cleaned_data, self.cleaned_data["counts"] == "patrons"
        return {
            "what": Goal.What.PATRONS if is_of_persons else Goal.What.MONTHLY,
            "currency": "" if is_of_persons else said["counts"],
            "target": said["target"], "first_on": said["first_on"], "last_on": said["last_on"],
        }  # fmt: skip


# Between the three stand spaces or what a CSV has there; the rate may have a decimal comma.
_RATE = re.compile(r"(\d{4}-\d\d-\d\d)[;,\t ]+([A-Za-z]{3})[;,\t ]+(\d{1,15}(?:[.,]\d{1,30})?)", re.ASCII)
_FINEST = Decimal(1).scaleb(-10)  # as DailyRate keeps it


class RatesForm(forms.Form):
    """Daily rates, pasted or typed: a line each, `2026-10-31 USD 0.92`, in the newsroom's own currency."""

    source = forms.CharField(label=_("Who says so"), max_length=60, help_text=_("For example the central bank."))
    lines = forms.CharField(
        label=_("Rates"), max_length=200_000, widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("A line each: day, currency, what one of it is worth. As in 2026-10-31 USD 0.92"),
    )  # fmt: skip

    def __init__(self, data: QueryDict | None, *, home: str) -> None:
        self.home = home
        super().__init__(data)

    def clean_lines(self) -> list[DailyRate]:
        """All of them, unsaved; one that cannot be read refuses all."""
        rows: dict[tuple[date, str], DailyRate] = {}
        for number, line in enumerate(self.cleaned_data["lines"].lstrip("\ufeff").splitlines(), 1):
            if line.strip():
                row = self._read(number, line.strip())
                if (row.day, row.currency) in rows:
                    raise forms.ValidationError(gettext("Line %(n)s names a day and currency twice.") % {"n": number})
                rows[row.day, row.currency] = row
        return list(rows.values())

    def _read(self, number: int, line: str) -> DailyRate:
        wrong = forms.ValidationError(
            gettext("Line %(n)s is not a day, a currency and a rate, as in 2026-10-31 USD 0.92.") % {"n": number}
        )
        if not (said := _RATE.fullmatch(line)):
            raise wrong
        try:
            day = date.fromisoformat(said[1])
        except ValueError:
            raise wrong from None
        currency, rate = said[2].upper(), Decimal(said[3].replace(",", ".")).quantize(_FINEST)
        if refusal := self._refusal(day, currency, rate):
            raise forms.ValidationError(refusal % {"n": number, "currency": currency})
        return DailyRate(day=day, currency=currency, into=self.home, rate=rate)

    def _refusal(self, day: date, currency: str, rate: Decimal) -> str:
        if not is_currency(currency):
            return gettext("Line %(n)s: there is no currency %(currency)s.")
        if currency == self.home:
            return gettext("Line %(n)s: %(currency)s is the newsroom's own currency and is worth itself.")
        if not 0 < rate < 10**9:
            return gettext("Line %(n)s: the rate is too small or too large to be kept.")
        if day < months.FIRST:
            return gettext("Line %(n)s names a day that is too far away.")
        return gettext("Line %(n)s names a day that is still to come.") if day > clock.today() else ""
