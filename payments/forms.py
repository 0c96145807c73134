"""What every form about money takes: readable text, amounts, and the name of a wish."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from money import money
from money.currencies import exponent
from money.money import Money

# Control signs but line ends and tabs, halves of surrogate pairs, and what decoders put in place of bytes that are not
# text.
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffd]")


def is_readable(fields: QueryDict) -> bool:
    """Whether every name and value in what was sent is text."""
    return not any(_UNREADABLE.search(text) for name, texts in fields.lists() for text in (name, *texts))


def amount_error(reason: str, currency: str) -> ValidationError:
    """The sentence about what was typed as an amount; `reason` is that of money.NotAnAmount."""
    digits = exponent(currency)
    sentences = {
        "zero": _("The amount has to be more than zero."),
        "large": _("That is more than this form can take. Write to us about it."),
        "digits": _("%(currency)s has no smaller unit: write a whole number.")
        if digits == 0
        else _("Write at most %(digits)s digits after the point, and no sign between thousands."),
    }
    usual = _("Write the amount in digits, like 5 or 5.50, without a sign between thousands.")
    return ValidationError(sentences.get(reason, usual), code=reason, params={"currency": currency, "digits": digits})


class WishForm(forms.Form):
    """A wish for a donation; `wish` names it, so that a double click asks for it once."""

    wish = forms.SlugField(max_length=40)


class NewAmountForm(WishForm):
    """An amount for a donation that runs, in its own currency."""

    amount = forms.CharField(max_length=20)

    def __init__(self, data: QueryDict | None = None, *, current: Money, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.current = current

    def clean_amount(self) -> Money:
        """The typed amount; the sentence says what is wrong with it."""
        try:
            return money.parse(self.cleaned_data["amount"], self.current.currency)
        except money.NotAnAmount as refusal:
            raise amount_error(refusal.reason, self.current.currency) from None
