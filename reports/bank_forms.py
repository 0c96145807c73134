"""What finance says of a bank's file."""

from dataclasses import asdict
from typing import cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from newsroom.models import GivingCurrency
from payments import bank_files


class BankFileForm(forms.Form):
    """A bank's file of transfers."""

    file = forms.FileField(label=_("The bank's file"), help_text=_("CAMT.053 (XML) or CSV, at most 900 kB."))

    def clean_file(self) -> bytes:
        upload: UploadedFile[bytes] = self.cleaned_data["file"]
        if (upload.size or 0) > bank_files.LARGEST:
            raise forms.ValidationError(gettext("The file has more than 900 kB. Ask the bank for a shorter time."))
        content: bytes = upload.read()
        return content


class BankMappingForm(forms.Form):
    """Which column of a CSV is what. Remembered for the next file with the same header.

    `known`: how it was read last time, or what is known of it.
    """

    encoding = forms.ChoiceField(label=_("Encoding"), choices=[(name, name) for name in bank_files.ENCODINGS])
    day_format = forms.ChoiceField(
        label=_("Days are written"),
        choices=zip(bank_files.DAY_FORMATS, ("2026-11-30", "30.11.2026", "30/11/2026", "11/30/2026"), strict=True),
    )
    decimal_mark = forms.ChoiceField(label=_("Amounts are written"), choices=[(",", "1.234,50"), (".", "1,234.50")])
    currency = forms.ChoiceField(label=_("Currency, where no column says it"))

    COLUMNS = {
        "day": _("Column of the day"),
        "amount": _("Column of the amount"),
        "currency": _("Column of the currency"),
        "reference": _("Column of the bank's reference"),
        "name": _("Column of the giver's name"),
        "account": _("Column of the giver's account"),
        "purpose": _("Column of the purpose"),
    }

    def __init__(self, data: QueryDict | None, *, header: list[str], known: bank_files.Mapping) -> None:
        columns = {f"column_{what}": name for what, name in known.columns.items()}
        super().__init__(data, initial=asdict(known) | columns)
        codes = [(code, code) for code in GivingCurrency.objects.values_list("code", flat=True)]
        cast("forms.ChoiceField", self.fields["currency"]).choices = codes
        names = [(name, name) for name in dict.fromkeys(header) if name]
        for what, label in self.COLUMNS.items():
            is_needed = what in {"day", "amount"}
            self.fields[f"column_{what}"] = forms.ChoiceField(
                label=label, choices=names if is_needed else [("", "—"), *names], required=is_needed
            )

    def mapping(self) -> bank_files.Mapping:
        """As it was filled in."""
        said = self.cleaned_data
        columns = {what: said[f"column_{what}"] for what in self.COLUMNS if said[f"column_{what}"]}
        return bank_files.Mapping(
            columns=columns, encoding=said["encoding"], day_format=said["day_format"],
            decimal_mark=said["decimal_mark"], currency=said["currency"],
        )  # fmt: skip
