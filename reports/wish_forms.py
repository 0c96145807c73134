"""What staff do to a gift that runs, on its giver's word: a form for each wish, what will follow, and the verb.

The verbs are those of the patron's own pages, so the same letters follow.
"""

import copy
import secrets
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from letters import printing
from money.money import Money
from newsroom import clock
from payments import checkout, wishes, wording
from payments.forms import WishForm
from payments.models import Donation
from payments.models.donation import Interval
from reports.forms import amount


class StaffWish(WishForm):
    """The wish of `donation`'s giver, with the reason for the staff's log."""

    title: ClassVar[str | Promise]

    reason = forms.CharField(label=_("Reason"), max_length=500, help_text=_("For the staff's log. Without names."))

    def __init__(self, data: Any, *, donation: Donation, language: str) -> None:
        self.donation, self.language = donation, language
        super().__init__(data)
        self.fields["wish"].widget = forms.HiddenInput()
        self.fields["wish"].initial = secrets.token_hex(8)
        self.order_fields([name for name in self.fields if name != "reason"])

    @staticmethod
    def fits(donation: Donation) -> bool:
        """Whether this can be wished for now."""
        return not donation.cancels_at

    @property
    def key(self) -> str:
        return str(self.cleaned_data["wish"])

    def follows(self) -> list[str]:
        """What will happen, in sentences; of a valid form."""
        raise NotImplementedError

    def carry_out(self) -> Donation:
        """Does it. Raises what payments/wishes.py raises."""
        raise NotImplementedError

    def facts(self) -> dict[str, object]:
        """What the log keeps beside the reason."""
        return {}

    def _day(self, moment: datetime | None) -> str:
        return printing.day(moment, self.language) if moment else "–"


class AmountWish(StaffWish):
    """Another amount, from the next charge on; or another rhythm, charged at once."""

    title = _("Change the amount or the rhythm")

    amount = forms.CharField(label=_("Amount"), max_length=20)
    cover_fee = forms.BooleanField(label=_("Also covers the fee of the payment"), required=False)
    interval = forms.ChoiceField(label=_("Rhythm"))

    def __init__(self, data: Any, *, donation: Donation, language: str) -> None:
        super().__init__(data, donation=donation, language=language)
        rhythms = dict.fromkeys([Interval(donation.interval), Interval.MONTHLY, Interval.YEARLY])
        self.fields["interval"] = forms.ChoiceField(
            label=_("Rhythm"), choices=[(one.value, one.label) for one in rhythms], initial=donation.interval
        )
        self.order_fields(["wish", "amount", "interval", "cover_fee", "reason"])
        self.fields["amount"].label = gettext("Amount in %(currency)s") % {"currency": donation.currency}
        self.fields["amount"].initial = str(donation.gift.decimal)
        self.fields["cover_fee"].initial = bool(donation.fee_cover_minor)

    def clean_amount(self) -> Money:
        gift = amount(self.cleaned_data["amount"], self.donation.currency)
        try:
            checkout.examine(gift, self.language, is_new=False)
        except checkout.Refusal as refusal:
            raise forms.ValidationError(refusal.sentence) from None
        return gift

    def clean_interval(self) -> str:
        interval, donation = str(self.cleaned_data["interval"]), self.donation
        if interval != donation.interval and (donation.paused_at or donation.invoices.failing().exists()):
            raise forms.ValidationError(gettext("The rhythm can be changed once nothing is paused, owed or ending."))
        return interval

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and self._then().total == self.donation.total and not self._is_new_rhythm:
            self.add_error("amount", gettext("That is what is given already."))
        return cleaned

    @property
    def _is_new_rhythm(self) -> bool:
        return bool(self.cleaned_data["interval"] != self.donation.interval)

    def _then(self) -> Donation:
        """The donation as it will be."""
        then, gift = copy.copy(self.donation), self.cleaned_data["amount"]
        then.amount_minor, then.interval = gift.minor, self.cleaned_data["interval"]
        then.fee_cover_minor = checkout.arithmetic(gift)[0].minor if self.cleaned_data["cover_fee"] else 0
        if self._is_new_rhythm:
            then.anchor_at, then.every_months = clock.now(), 0
            then.period_end = clock.months_later(clock.now(), then.months)
        return then

    def follows(self) -> list[str]:
        then = self._then()
        rhythms = {"new": wording.rhythm(then, self.language), "old": wording.rhythm(self.donation, self.language)}
        said = [gettext("%(new)s instead of %(old)s.") % rhythms]
        if self._is_new_rhythm:
            charged = {"amount": then.total.format(self.language), "day": self._day(self.donation.period_end)}
            said += [
                gettext("%(amount)s is charged at once, and a new period begins with it.") % charged,
                gettext("What is paid until %(day)s is not counted towards it.") % charged,
            ]
        else:
            said.append(gettext("Nothing is charged today."))
        if charge := wording.next_charge(then, self.language):
            said.append(gettext("Next charge: %(charge)s.") % {"charge": charge})
        return said

    def carry_out(self) -> Donation:
        said = self.cleaned_data
        return wishes.give(
            self.donation, said["amount"], covers_fee=said["cover_fee"], interval=said["interval"], key=self.key
        )

    def facts(self) -> dict[str, object]:
        then = self._then()
        return {
            "from_minor": self.donation.total.minor, "to_minor": then.total.minor, "currency": then.currency,
            "interval": then.interval,
        }  # fmt: skip


class PauseWish(StaffWish):
    """No charge for some months."""

    title = _("Pause")

    months = forms.TypedChoiceField(label=_("Months without a charge"), coerce=int, initial=3)

    def __init__(self, data: Any, *, donation: Donation, language: str) -> None:
        super().__init__(data, donation=donation, language=language)
        self.fields["months"] = forms.TypedChoiceField(
            label=_("Months without a charge"), coerce=int, initial=3,
            choices=[(months, str(months)) for months in range(1, wishes.LONGEST_PAUSE + 1)],
        )  # fmt: skip
        self.order_fields(["wish", "months", "reason"])

    def follows(self) -> list[str]:
        due = self.donation.first_period_after(clock.months_later(clock.now(), self.cleaned_data["months"]))
        total = self.donation.total.format(self.language)
        return [
            gettext("Nothing is charged meanwhile."),
            gettext("The membership rests with it, and goes on by itself with the same amount."),
            gettext("The charge after it: %(amount)s on %(day)s.") % {"amount": total, "day": self._day(due)},
        ]

    def carry_out(self) -> Donation:
        return wishes.pause_for(self.donation, self.cleaned_data["months"], key=self.key)

    def facts(self) -> dict[str, object]:
        return {"months": self.cleaned_data["months"]}


class ResumeWish(StaffWish):
    """A pause ends now."""

    title = _("End the pause")

    @staticmethod
    def fits(donation: Donation) -> bool:
        return donation.paused_at is not None and not donation.cancels_at

    def follows(self) -> list[str]:
        said, total = [gettext("The pause is over at once.")], self.donation.total.format(self.language)
        if self.donation.subscription_status != "paused":  # of that kind Stripe alone knows when it charges again
            due = self._day(self.donation.first_period_after(clock.now()))
            said.append(gettext("Next charge: %(charge)s.") % {"charge": f"{total}, {due}"})
        return said

    def carry_out(self) -> Donation:
        return wishes.resume(self.donation, key=self.key)


class CancelWish(StaffWish):
    """Nothing more is charged."""

    title = _("Stop")

    def follows(self) -> list[str]:
        if self.donation.invoices.filter(status="open").exists():
            return [
                gettext("Nothing more will be charged."),
                gettext("It ends at once, and what is owed is not collected."),
            ]
        until = {"day": self._day(self.donation.period_end)}
        return [
            gettext("Nothing more will be charged."),
            gettext("What is paid for stays theirs until %(day)s; then it ends.") % until,
        ]

    def carry_out(self) -> Donation:
        return wishes.leave(self.donation, key=self.key)


class KeepWish(StaffWish):
    """An end that has not come is taken back."""

    title = _("Take the end back")

    @staticmethod
    def fits(donation: Donation) -> bool:
        return donation.cancels_at is not None

    def follows(self) -> list[str]:
        day, total = self._day(self.donation.cancels_at), self.donation.total.format(self.language)
        return [
            gettext("It does not end on %(day)s.") % {"day": day},
            gettext("Next charge: %(charge)s.") % {"charge": f"{total}, {self._day(self.donation.period_end)}"},
        ]

    def carry_out(self) -> Donation:
        return wishes.keep(self.donation, key=self.key)


# By the last word of the page's address.
WISHES: dict[str, type[StaffWish]] = {
    "amount": AmountWish, "pause": PauseWish, "resume": ResumeWish, "cancel": CancelWish, "keep": KeepWish,
}  # fmt: skip
