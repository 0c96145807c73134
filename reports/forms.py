"""What staff type: the newsroom's own facts, currencies, money that came without Stripe."""

from decimal import Decimal
from io import BytesIO
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from PIL import Image, UnidentifiedImageError

from letters import wordings
from letters.models import Wording
from letters.occasions import OCCASIONS
from members.models import Language
from money import money
from money.currencies import exponent
from money.money import Money
from newsroom import clock
from newsroom.models import GivingCurrency, Newsroom
from payments import offline
from payments.models.donation import Giver

LOGO_BYTES, LOGO_PIXELS = 200_000, 4000
LOGO_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


def amount(text: str, currency: str, *, zero: bool = False) -> Money:
    """What was typed in the main unit; with `zero` it may be nothing at all. Raises ValidationError with a sentence."""
    if zero and text.strip().strip("0") in {"", ".", ","}:
        return Money(0, currency)
    try:
        return money.parse(text, currency)
    except money.NotAnAmount as error:
        sentences = {
            "zero": gettext("The amount has to be more than zero."),
            "large": gettext("The amount is larger than Stripe takes."),
            "digits": gettext("%(currency)s has %(digits)s digits after the point.")
            % {"currency": currency, "digits": exponent(currency)},
        }
        sentence = sentences.get(
            error.reason, gettext("Write amounts in digits, like 5 or 5.50, without a sign between thousands.")
        )
        raise forms.ValidationError(sentence, code=error.reason) from error


def number(text: str) -> int:
    """A row's number as a form sends it; 0, which no row has, for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


class AfterForm(forms.Form):
    """Behind which row a list goes on: its beginning if that makes no sense."""

    after = forms.IntegerField(required=False, min_value=1, max_value=2**62)

    def chosen(self) -> int | None:
        return self.cleaned_data["after"] if self.is_valid() else None


def logo(upload: "UploadedFile[bytes]") -> tuple[bytes, str]:
    """An uploaded picture's bytes and type, taken from what it is and not from its name. Raises ValidationError."""
    if (upload.size or 0) > LOGO_BYTES:
        raise forms.ValidationError(gettext("The logo can have at most 200 kB."))
    content = upload.read()
    try:
        with Image.open(BytesIO(content), formats=list(LOGO_TYPES)) as picture:
            kind, size = picture.format or "", picture.size
            if max(size) <= LOGO_PIXELS:
                picture.load()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise forms.ValidationError(gettext("The logo is not a readable PNG, JPEG or WebP picture.")) from error
    if max(size) > LOGO_PIXELS:
        raise forms.ValidationError(gettext("The logo can be at most 4000 pixels wide and high."))
    return content, LOGO_TYPES[kind]


class NewsroomForm(forms.ModelForm):  # type: ignore[type-arg]  # takes none at run time
    """The one row. `changed_data` names what differs."""

    grace_days = forms.IntegerField(label=_("Days of grace after a failed payment"), min_value=0, max_value=90)
    languages = forms.MultipleChoiceField(
        label=_("Languages"), choices=Language.choices, widget=forms.CheckboxSelectMultiple
    )
    new_logo = forms.FileField(
        label=_("New logo"), required=False, help_text=_("PNG, JPEG or WebP, at most 200 kB."),
        widget=forms.FileInput(attrs={"accept": ",".join(LOGO_TYPES.values())}),
    )  # fmt: skip
    remove_logo = forms.BooleanField(label=_("Remove the logo"), required=False)

    class Meta:
        model = Newsroom
        fields = [
            "public_name", "legal_name", "address", "registration", "accent", "zone", "languages", "reply_to",
            "finance_email", "neutral_subject_en", "neutral_subject_uk", "neutral_sender", "bank_details",
            "receipt_wording_en", "receipt_wording_uk", "grace_days", "retention_months", "country",
            "bookkeeping_years", "answer_days", "carry_overs", "starts_per_address",
        ]  # fmt: skip
        widgets = {
            "address": forms.Textarea(attrs={"rows": 3}),
            "bank_details": forms.Textarea(attrs={"rows": 3}),
            "accent": forms.TextInput(attrs={"type": "color"}),
            "receipt_wording_en": forms.Textarea(attrs={"rows": 3}),
            "receipt_wording_uk": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = sorted(name for name in available_timezones() if "/" in name or name == "UTC")
        self.fields["zone"].widget = forms.Select(choices=[(name, name.replace("_", " ")) for name in zones])

    def clean_new_logo(self) -> tuple[bytes, str] | None:
        upload: UploadedFile[bytes] | None = self.cleaned_data.get("new_logo")
        return logo(upload) if upload else None

    def save(self, commit: bool = True) -> Newsroom:
        if new := self.cleaned_data["new_logo"]:
            self.instance.logo, self.instance.logo_type = new
        elif self.cleaned_data["remove_logo"]:
            self.instance.logo, self.instance.logo_type = None, ""
        saved: Newsroom = super().save(commit)
        return saved


class _PerCent(forms.DecimalField):
    """With a decimal comma, too, as every amount."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.replace(",", ".") if isinstance(value, str) else value)


class CurrencyForm(forms.Form):
    """One currency's row, its amounts in main units; several amounts stand side by side with spaces between them."""

    is_offered = forms.BooleanField(label=_("Offered to readers"), required=False)
    position = forms.IntegerField(label=_("Order"), min_value=0, max_value=1000)
    suggested_once = forms.CharField(
        label=_("Suggested once"), max_length=100, help_text=_("At most six amounts, with spaces between them.")
    )
    suggested_monthly = forms.CharField(label=_("Suggested monthly"), max_length=100)
    suggested_yearly = forms.CharField(label=_("Suggested yearly"), max_length=100)
    minimum_minor = forms.CharField(label=_("Minimum"), max_length=20)
    maximum_minor = forms.CharField(label=_("Maximum"), max_length=20)
    fee_basis_points = _PerCent(
        label=_("Expected fee, per cent"), min_value=0, max_value=Decimal("49.99"), decimal_places=2,
        help_text=_("What Stripe keeps of a typical card payment. It decides what covering the fee adds."),
    )  # fmt: skip
    fee_fixed_minor = forms.CharField(label=_("Expected fee, fixed part"), max_length=20)

    refund_alone_minor = forms.CharField(
        label=_("Refunded by one person up to"), max_length=20,
        help_text=_("Of one payment, taken together. More waits for a second person, of finance or an admin."),
    )  # fmt: skip

    AMOUNTS = ("minimum_minor", "maximum_minor", "fee_fixed_minor", "refund_alone_minor")
    MAY_BE_ZERO = ("fee_fixed_minor", "refund_alone_minor")
    LISTS = ("suggested_once", "suggested_monthly", "suggested_yearly")

    def __init__(self, data: QueryDict | None, *, row: GivingCurrency) -> None:
        self.row = row
        super().__init__(data, initial=self.shown())

    def shown(self) -> dict[str, Any]:
        """The row as the form prints it."""

        def plain(minor: int) -> str:
            text = str(Money(minor, self.row.code).decimal)
            return (
                text.rstrip("0").rstrip(".") if "." in text and text.endswith("0" * exponent(self.row.code)) else text
            )

        return {
            "is_offered": self.row.is_offered,
            "position": self.row.position,
            "fee_basis_points": Decimal(self.row.fee_basis_points).scaleb(-2),
            **{name: plain(getattr(self.row, name)) for name in self.AMOUNTS},
            **{name: " ".join(map(plain, getattr(self.row, name))) for name in self.LISTS},
        }

    def clean(self) -> dict[str, Any]:
        """Sets the row, unsaved, and lets it say what does not fit."""
        cleaned, code = super().clean() or self.cleaned_data, self.row.code
        for name in [name for name in (*self.AMOUNTS, *self.LISTS) if name in cleaned]:
            try:
                if name in self.LISTS:
                    cleaned[name] = sorted(amount(word, code).minor for word in cleaned[name].split())
                else:
                    cleaned[name] = amount(cleaned[name], code, zero=name in self.MAY_BE_ZERO).minor
            except forms.ValidationError as error:
                self.add_error(name, error)
        if not self.errors:
            cleaned["fee_basis_points"] = int(cleaned["fee_basis_points"] * 100)
            for name, value in cleaned.items():
                setattr(self.row, name, value)
            if self.row.minimum_minor > self.row.maximum_minor:
                self.add_error("maximum_minor", gettext("The maximum is less than the minimum."))
            else:
                self.row.full_clean()
        return cleaned


class OfflineForm(forms.Form):
    """A bank transfer or cash."""

    giver = forms.ChoiceField(
        label=_("Who gives"), choices=Giver.choices,
        help_text=_("Grants and institutions are told apart from what readers give."),
    )  # fmt: skip
    email = forms.EmailField(label=_("The giver's e-mail"), max_length=254)
    name = forms.CharField(label=_("The giver's name"), max_length=100, required=False)
    language = forms.ChoiceField(label=_("Language of the receipt"), choices=Language.choices)
    currency = forms.ChoiceField(label=_("Currency"))
    amount = forms.CharField(label=_("Amount"), max_length=20)
    received_on = forms.DateField(
        label=_("Day it arrived"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reference = forms.CharField(
        label=_("Reference at the bank"), max_length=100, help_text=_("The same reference is refused a second time.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        currency = self.fields["currency"]
        if isinstance(currency, forms.ChoiceField):
            currency.choices = [(code, code) for code in GivingCurrency.objects.values_list("code", flat=True)]

    def clean_received_on(self) -> Any:
        day = self.cleaned_data["received_on"]
        if day > clock.today():
            raise forms.ValidationError(gettext("This day is still to come."))
        if day < offline.EARLIEST:
            raise forms.ValidationError(gettext("This day is too far away."))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "amount" in cleaned and "currency" in cleaned:
            try:
                cleaned["amount"] = amount(cleaned["amount"], cleaned["currency"])
            except forms.ValidationError as error:
                self.add_error("amount", error)
        return cleaned


class ReversalForm(forms.Form):
    """A record of money that came without Stripe, taken back whole."""

    because = forms.ChoiceField(label=_("What happened"), choices=offline.Reversal.choices)
    reason = forms.CharField(label=_("Reason"), max_length=500, help_text=_("For the staff's log. Without names."))


class WordingForm(forms.Form):
    """The newsroom's own words in one occasion's letters. Empty stays as it came."""

    subject = forms.CharField(label=_("Subject"), max_length=150, required=False)
    opening = forms.CharField(
        label=_("First paragraphs"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 6})
    )
    closing = forms.CharField(
        label=_("Last paragraphs"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 6})
    )

    def __init__(self, data: QueryDict | None, *, wording: Wording) -> None:
        self.wording, self.occasion = wording, OCCASIONS[wording.occasion]
        super().__init__(data, initial={part: getattr(wording, part) for part in Wording.PARTS})

    def clean(self) -> dict[str, Any]:
        """Sets the row, unsaved."""
        cleaned = super().clean() or self.cleaned_data
        parts = {part: cleaned[part].replace("\r\n", "\n") for part in Wording.PARTS if part in cleaned}
        try:
            wordings.check(self.occasion, parts)
        except wordings.NotAWording as refusal:
            self.add_error(refusal.part, str(refusal))
        else:
            for part, words in parts.items():
                setattr(self.wording, part, words)
        return parts


class FindForm(forms.Form):
    """One person, by anything."""

    words = forms.CharField(
        label=_("Find a person"), max_length=254, min_length=2, strip=True,
        help_text=_("An address, a name, a receipt's number, a bank reference, a card's last digits, a Stripe id."),
    )  # fmt: skip


class NoteForm(forms.Form):
    """A note about a person."""

    text = forms.CharField(
        label=_("Note for colleagues"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The person may read it when they take their data away."),
    )  # fmt: skip
