"""What the form offers in one currency: the amounts, what each would cost, and the sentences about it.

Every amount is printed here for every choice that the form holds, and the style sheet shows the one that is chosen, so
that the line above the button is true without a script. The script does the same sums for a typed amount.
"""

import json
from dataclasses import dataclass
from datetime import date

from babel.numbers import get_decimal_symbol, get_group_symbol
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from members.models import GiftMembership
from money.currencies import exponent, smallest_step
from money.money import Money, around_number
from newsroom import clock
from newsroom.models import GivingCurrency
from payments import checkout
from payments.models.donation import Interval

# How many amounts the style sheet knows: six suggestions and one from the address.
SUGGESTIONS = 6
OTHER = "other"


@dataclass(frozen=True)
class Amount:
    """One amount to choose, printed. An empty `value` is a place that only another interval or currency fills."""

    place: str
    value: str
    label: str
    plain: str
    fee: str
    covered: str
    is_chosen: bool
    money: Money | None = None


@dataclass(frozen=True)
class Offer:
    """All that the form shows about money."""

    currency: GivingCurrency
    currencies: list[GivingCurrency]
    interval: Interval
    amounts: list[Amount]
    other_text: str
    is_other: bool
    covers_fee: bool
    language: str

    @property
    def intervals(self) -> list[Interval]:
        return Interval.offered()

    @property
    def next_month(self) -> date:
        return clock.months_later(clock.today(), 1)

    @property
    def next_year(self) -> date:
        return clock.months_later(clock.today(), 12)

    @property
    def charged(self) -> SafeString:
        """What is charged, for each amount and with or without the fee; one of them is visible."""
        typed = _("the amount you typed")
        rows = [(amount.place, amount.plain, amount.covered) for amount in self.amounts]
        rows.append((OTHER, typed, _("the amount you typed and the card fee")))
        return format_html_join(
            "", '<span class="at at-{}"><span class="plain">{}</span><span class="covered">{}</span></span>', rows
        )

    def times(self, months: GiftMembership.Months) -> SafeString:
        """Months × price = total, for each amount; one of them is visible."""
        sums = []
        for amount in self.amounts:
            if amount.money:
                total = Money(amount.money.minor * months, amount.money.currency).format(self.language)
                sums.append(
                    (amount.place, format_html("{} × {} = <strong>{}</strong>", months.label, amount.plain, total))
                )
        sums.append((OTHER, format_html("{} × {}", months.label, _("the amount you typed"))))
        return format_html_join("", '<span class="at at-{}">{}</span>', sums)

    @property
    def arithmetic(self) -> SafeString:
        """Gift + fee = total, for each amount; one of them is visible."""
        sums = [
            (amount.place, format_html("{} + {} = <strong>{}</strong>", amount.plain, amount.fee, amount.covered))
            for amount in self.amounts
        ]
        sums.append((OTHER, format_html("{}", _("the payment page shows the exact total before you pay"))))
        return format_html_join("", '<span class="at at-{}">{}</span>', sums)

    @property
    def script_facts(self) -> str:
        """Everything the script needs to change amounts at once, as JSON; amounts in minor units."""
        return json.dumps(
            {
                row.code: {
                    "digits": exponent(row.code),
                    "step": smallest_step(row.code),
                    "basis": row.fee_basis_points,
                    "fixed": row.fee_fixed_minor,
                    **around_number(row.code, self.language),
                    "range": _range(row, self.language),
                    **{
                        interval.value: [money.minor for money in row.suggested(interval)]
                        for interval in self.intervals
                    },
                }
                for row in self.currencies
            },
            separators=(",", ":"),
        )

    @property
    def group_sign(self) -> str:
        """What stands between thousands."""
        return get_group_symbol(self.language)

    @property
    def decimal_sign(self) -> str:
        return get_decimal_symbol(self.language)

    @property
    def range(self) -> str:
        return _range(self.currency, self.language)


def _range(row: GivingCurrency, language: str) -> str:
    return _("From %(minimum)s to %(maximum)s.") % {
        "minimum": row.minimum.format(language, short=True),
        "maximum": row.maximum.format(language, short=True),
    }


def _amount(place: str, money: Money, language: str, *, is_chosen: bool) -> Amount:
    cover, total = checkout.arithmetic(money)
    return Amount(
        place=place,
        value=str(money.decimal),
        label=money.format(language, short=True),
        plain=money.format(language),
        fee=cover.format(language),
        covered=total.format(language),
        is_chosen=is_chosen,
        money=money,
    )


def make(
    *,
    currency: str,
    interval: Interval,
    gift: Money | None,
    language: str,
    other_text: str = "",
    covers_fee: bool = False,
) -> Offer:
    """The offer in a currency (the newsroom's first where `currency` is not offered) with `gift` chosen.

    A gift that is not among the suggestions becomes an amount of its own; `other_text` is what was typed instead.
    """
    rows = list(GivingCurrency.objects.filter(is_offered=True))
    row = next((row for row in rows if row.code == currency), rows[0])
    suggested = row.suggested(interval)[:SUGGESTIONS]
    gift = gift if gift and gift.currency == row.code and row.minimum_minor <= gift.minor <= row.maximum_minor else None
    chosen = gift or (None if other_text else suggested[min(1, len(suggested) - 1)])
    amounts = [_amount(str(place), money, language, is_chosen=money == chosen) for place, money in enumerate(suggested)]
    amounts += [Amount(str(place), "", "", "", "", "", is_chosen=False) for place in range(len(suggested), SUGGESTIONS)]
    if chosen and chosen not in suggested:
        amounts.append(_amount(str(SUGGESTIONS), chosen, language, is_chosen=True))
    return Offer(row, rows, interval, amounts, other_text, chosen is None, covers_fee, language)
