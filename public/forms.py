"""The forms of the reader's pages: what they take, and what they say to what they do not take."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.http import HttpRequest, QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from members import gifts
from members.forms import RecipientForm, plain
from members.models import GiftMembership, Language
from money import money
from money.money import Money
from newsroom.models import GivingCurrency
from payments import checkout, names
from payments.forms import NewAmountForm, amount_error, is_readable
from payments.models import Donation
from payments.models.donation import Interval
from public.offer import OTHER

_YES, _NO = ("on", "1", "true"), ("off", "0", "false")


class AmountForm(forms.Form):
    """An amount in an offered currency, and where the reader came from. `gift` is the amount once it is valid."""

    currency = forms.ChoiceField()
    amount = forms.CharField(max_length=20)
    other_amount = forms.CharField(max_length=20, required=False)
    email = forms.EmailField(max_length=254, required=False)
    message = forms.CharField(max_length=500, required=False)
    language = forms.ChoiceField(choices=Language.choices, required=False)
    story = forms.CharField(max_length=2000, required=False)
    ask = forms.CharField(max_length=100, required=False)
    campaign = forms.CharField(max_length=100, required=False)

    def __init__(self, data: QueryDict | None = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["currency"] = forms.ChoiceField(
            choices=[(row.code, row.code) for row in GivingCurrency.objects.filter(is_offered=True)],
            error_messages={"invalid_choice": _("This currency is not offered. Choose one of those on the page.")},
        )
        self.fields["message"].error_messages["max_length"] = _("The message can have at most 500 letters.")
        self.fields["amount"].error_messages["required"] = _("Choose an amount.")

    @classmethod
    def is_ours(cls, request: HttpRequest) -> bool:
        """Whether a request has fields of this form only, each once, as readable text and without files."""
        known = {*cls.base_fields, "csrfmiddlewaretoken"}
        once = all(name in known and len(texts) == 1 for name, texts in request.POST.lists())
        return once and not request.FILES and is_readable(request.POST)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "currency" in cleaned and "amount" in cleaned:
            field = "other_amount" if cleaned["amount"] == OTHER else "amount"
            try:
                cleaned["gift"] = money.parse(cleaned.get(field, ""), cleaned["currency"])
            except money.NotAnAmount as refusal:
                self.add_error(field, amount_error(refusal.reason, cleaned["currency"]))
        return cleaned

    def refuse(self, refusal: checkout.Refusal) -> None:
        """Shows a refusal of the payment beside the field it is about."""
        field = None
        if isinstance(refusal, checkout.TooSmall | checkout.TooLarge):
            field = "other_amount" if self.cleaned_data["amount"] == OTHER else "amount"
        elif isinstance(refusal, checkout.CurrencyNotOffered):
            field = "currency"
        self.add_error(field, refusal.sentence)


class SupportForm(AmountForm):
    """One intention to give. `choice()` is what the payment is made from."""

    interval = forms.ChoiceField(choices=[(one.value, one.label) for one in Interval.offered()])
    cover_fee = forms.TypedChoiceField(
        choices=[(word, word) for word in _YES + _NO],
        coerce=lambda word: word in _YES,
        required=False,
        empty_value="",
    )
    name = forms.CharField(max_length=100, required=False)
    display = forms.ChoiceField(choices=Donation.Display.choices, required=False)
    field_order = ("interval", "currency", "amount", "other_amount", "cover_fee", "email", "name", "display", "message")
    agreed = names.AGREED

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("display") == Donation.Display.NAMED and "name" in cleaned:
            if not cleaned["name"]:
                self.add_error("name", _("Write the name to show, or choose to stay anonymous."))
            elif not names.is_name(cleaned["name"]):
                self.add_error("name", _("A name to show has no digits, addresses or signs like @ and /."))
        return cleaned

    def choice(self) -> checkout.Choice:
        """The valid form as payments take it."""
        said = self.cleaned_data
        return checkout.Choice(
            interval=Interval(said["interval"]),
            gift=said["gift"],
            covers_fee=bool(said["cover_fee"]),
            email=said["email"],
            name=said["name"],
            display=Donation.Display(said["display"] or Donation.Display.ANONYMOUS),
            message=said["message"],
            language=Language(said["language"] or get_language() or Language.EN),
            story_url=said["story"],
            ask_slug=said["ask"],
            campaign=said["campaign"],
        )


class GiftForm(RecipientForm, AmountForm):
    """A gift membership. The amount is that of one month; `choice()` is what the payment is made from."""

    months = forms.TypedChoiceField(choices=GiftMembership.Months.choices, coerce=int)
    giver_name = forms.CharField(max_length=100, required=False)
    field_order = (
        "months", "currency", "amount", "other_amount", "recipient_name", "recipient_email", "deliver_on", "message",
        "giver_name", "language", "email",
    )  # fmt: skip

    def clean_giver_name(self) -> str:
        return plain(self.cleaned_data["giver_name"])

    def clean_message(self) -> str:
        return plain(self.cleaned_data["message"])

    def choice(self) -> checkout.Choice:
        """The valid form as payments take it: all at once. Letters to the buyer are in the page's language."""
        said, here = self.cleaned_data, Language(get_language() or Language.EN)
        terms = gifts.Terms(
            months=said["months"],
            monthly=said["gift"],
            deliver_on=said["deliver_on"],
            giver_name=said["giver_name"],
            recipient_name=said["recipient_name"],
            recipient_email=said["recipient_email"].lower(),
            message=said["message"],
            language=said["language"] or here,
        )
        return checkout.Choice(
            interval=Interval.ONCE,
            gift=terms.total,
            email=said["email"],
            language=here,
            story_url=said["story"],
            ask_slug=said["ask"],
            campaign=said["campaign"],
            gift_membership=terms,
        )


class ClaimForm(forms.Form):
    """Whose gift membership it becomes: an address, then the code sent to it."""

    email = forms.EmailField(max_length=254)
    code = forms.CharField(max_length=20, required=False)


class RaiseForm(NewAmountForm):
    """A larger amount for a donation that runs."""

    def clean_amount(self) -> Money:
        gift = super().clean_amount()
        if not self.current < gift:
            raise ValidationError(_("The new amount has to be larger than the present one."), code="not_more")
        return gift


class SuggestionForm(forms.Form):
    """A topic that a member proposes. `asked` holds the title for which similar topics were shown already."""

    title = forms.CharField(max_length=120)
    why = forms.CharField(max_length=2000, required=False)
    links = forms.CharField(max_length=2000, required=False)
    language = forms.ChoiceField(choices=Language.choices)
    named = forms.BooleanField(required=False)
    asked = forms.CharField(max_length=120, required=False)

    MOST_LINKS = 5

    def __init__(self, data: QueryDict | None = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["title"].error_messages |= {
            "required": _("Say in a few words what it is about."),
            "max_length": _("The title can have at most 120 letters."),
        }
        self.fields["why"].error_messages["max_length"] = _("At most 2000 letters, please.")

    def clean_title(self) -> str:
        return _readable(" ".join(self.cleaned_data["title"].split()))

    def clean_why(self) -> str:
        return _readable(self.cleaned_data["why"].replace("\r\n", "\n"))

    def clean_links(self) -> str:
        """One address a line."""
        links = self.cleaned_data["links"].split()
        if len(links) > self.MOST_LINKS:
            raise ValidationError(_("At most five links, please."))
        for link in links:
            try:
                URLValidator(schemes=["http", "https"])(_readable(link))
            except ValidationError as error:
                raise ValidationError(_("Write whole addresses that begin with https://, one on each line.")) from error
        return "\n".join(links)


def _readable(text: str) -> str:
    """`text`, unless it holds signs that are not seen or turn a line around."""
    if not text.replace("\n", "").replace("\t", "").isprintable():
        raise ValidationError(_("Some of these signs are not readable text."))
    return text
