"""The forms of the account: what they take, and what they say to what they do not take."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from letters.occasions import DECLINABLE, Group
from members.models import Language, Patron
from payments import names, wishes
from payments.forms import NewAmountForm, WishForm
from payments.models import Donation, Leaving

_A_DAY = _("Write the day as year, month and day, like 2026-01-31.")


class GiveForm(NewAmountForm):
    """Another amount, more or less."""

    cover_fee = forms.BooleanField(required=False)


class PauseForm(WishForm):
    """How many months nothing is charged."""

    months = forms.IntegerField(
        min_value=1,
        max_value=wishes.LONGEST_PAUSE,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), _("Choose from 1 to 12 months.")
        ),
    )


class LeaveForm(WishForm):
    """An end, and what one may say of it."""

    reason = forms.ChoiceField(choices=Leaving.Reason.choices, required=False)
    words = forms.CharField(max_length=500, required=False)

    def clean_words(self) -> str:
        words: str = self.cleaned_data["words"]
        if not words.isprintable() and not words.replace("\n", "").replace("\r", "").isprintable():
            raise ValidationError(_("Some of these signs are not readable text."))
        return words


class NameForm(forms.Form):
    """The name to show in public, or none."""

    display = forms.ChoiceField(choices=Donation.Display.choices)
    name = forms.CharField(max_length=100, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("display") == Donation.Display.NAMED and "name" in cleaned:
            if not cleaned["name"]:
                self.add_error("name", _("Write the name to show, or choose to stay unnamed."))
            elif not names.is_name(cleaned["name"]):
                self.add_error("name", _("A name to show has no digits, addresses or signs like @ and /."))
        return cleaned

    def chosen(self) -> str:
        """The valid name; empty for none."""
        is_named = self.cleaned_data["display"] == Donation.Display.NAMED
        return self.cleaned_data["name"] if is_named else ""


class LanguageForm(forms.Form):
    """The language of pages and letters."""

    language = forms.ChoiceField(choices=Language.choices)


class StatementForm(forms.Form):
    """A range of days, and a language."""

    first = forms.DateField(error_messages=dict.fromkeys(("required", "invalid"), _A_DAY))
    last = forms.DateField(error_messages=dict.fromkeys(("required", "invalid"), _A_DAY))
    language = forms.ChoiceField(choices=Language.choices)


class LettersForm(forms.Form):
    """Of the groups of letters that may be declined those that one wants, and whether letters are neutral."""

    wanted = forms.MultipleChoiceField(
        required=False, choices=[(group.value, group.label) for group in Group if group in DECLINABLE]
    )
    neutral = forms.BooleanField(required=False)

    @classmethod
    def initial_of(cls, patron: Patron) -> dict[str, object]:
        """The form as the patron's choices are now."""
        wanted = sorted(DECLINABLE - set(patron.declined_letters))
        return {"wanted": wanted, "neutral": patron.wants_neutral_letters}

    @property
    def declined(self) -> frozenset[str]:
        return DECLINABLE - set(self.cleaned_data["wanted"])
