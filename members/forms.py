"""What is typed to sign in, to change an address and to claim."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import urlize
from django.utils.translation import gettext_lazy as _

from members import gifts
from newsroom import clock


class AddressForm(forms.Form):
    """An address, in the lower case in which accounts have it. Whether anybody has it is not looked at."""

    login = forms.EmailField(label=_("E-mail"), max_length=254)

    def clean_login(self) -> str:
        email: str = self.cleaned_data["login"]
        return email.lower()


class RecipientForm(forms.Form):
    """Whom a gift membership is for. Without an e-mail address the buyer hands the link over on whatever day."""

    recipient_name = forms.CharField(max_length=100, required=False)
    recipient_email = forms.EmailField(max_length=254, required=False)
    deliver_on = forms.DateField(
        required=False, input_formats=["%Y-%m-%d"], error_messages={"invalid": _("Write the day as 2027-01-31.")}
    )

    def clean_recipient_name(self) -> str:
        return plain(self.cleaned_data["recipient_name"])

    def clean_deliver_on(self) -> date:
        day: date = self.cleaned_data["deliver_on"] or clock.today()
        if not clock.today() <= day <= gifts.latest_day():
            raise ValidationError(_("Choose a day from today on, at most a year ahead."), code="day")
        return day


def plain(text: str) -> str:
    """Words without links: our letters carry them to somebody who never asked for one."""
    if "<a " in urlize(text, autoescape=True):
        raise ValidationError(_("Leave out web and e-mail addresses."), code="link")
    return text


class NewAddressForm(forms.Form):
    """Another address than the current one, in lower case. Whether anybody has it is not looked at."""

    email = forms.EmailField(label=_("New address"), max_length=254)

    def __init__(self, *args: Any, current: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.current = current

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        if email == self.current:
            raise forms.ValidationError(_("This is the address you have."))
        return email
