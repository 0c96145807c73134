"""`Money`: a whole number of minor units and its currency. Never a float, never two currencies added."""

import re
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Self

from babel import Locale
from babel.numbers import format_currency

from money.currencies import exponent, smallest_step

# The largest amount Stripe takes in most currencies: eight digits.
MAXIMUM_MINOR = 99_999_999

_NUMBER = re.compile(r"(\d{1,9})(?:[.,](\d{1,3}))?", re.ASCII)


class NotAnAmount(ValueError):
    """What was typed is not one positive amount of this currency. `reason` is `format`, `digits`, `zero` or `large`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, order=False, slots=True)
class Money:
    """An amount. `minor` counts minor units by Stripe's exponents; `currency` is an upper-case ISO code."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError("an amount is a whole number of minor units")
        if not re.fullmatch(r"[A-Z]{3}", self.currency):
            raise ValueError("a currency is three capital letters")

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be mixed")

    def __add__(self, other: "Money") -> Self:
        self._same(other)
        return type(self)(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> Self:
        self._same(other)
        return type(self)(self.minor - other.minor, self.currency)

    def __neg__(self) -> Self:
        return type(self)(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._same(other)
        return self.minor < other.minor

    @property
    def decimal(self) -> Decimal:
        """The amount in the currency's main unit."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def format(self, language: str, *, short: bool = False) -> str:
        """Printed for a reader of `language` (`en`, `uk`); `short` leaves out an empty fraction (€5, not €5.00)."""
        return _printed(self, language, short)

    def __str__(self) -> str:
        return f"{self.decimal} {self.currency}"


# Signs that readers of every language here know. CLDR prints codes in their place outside a currency's home.
SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "UAH": "₴", "JPY": "¥"}
NO_BREAK_SPACE = "\xa0"
MINUS = "\N{MINUS SIGN}"


# A page of figures prints thousands of amounts, the same again each time it is opened.
@lru_cache(maxsize=20_000)
def _printed(amount: Money, language: str, short: bool) -> str:
    digits = exponent(amount.currency)
    whole = short and amount.minor % 10**digits == 0
    printed: str = format_currency(
        amount.decimal,
        amount.currency,
        locale=language,
        currency_digits=False,
        decimal_quantization=False,
        format=_pattern(language, amount.currency, 0 if whole else digits),
    )
    # A hyphen is no sign, and lines break after it. Files print `decimal`, which keeps it for programs to read.
    return printed.replace("-", MINUS, 1) if amount.minor < 0 else printed


def _pattern(language: str, currency: str, digits: int) -> str:
    """CLDR's currency pattern of the language, with Stripe's number of digits and a sign that cannot be misread."""
    pattern: str = Locale.parse(language).currency_formats["standard"].pattern
    fraction = "." + "0" * digits if digits else ""
    sign = SIGNS.get(currency, currency)
    if sign == currency:
        pattern = pattern.replace("¤#", f"¤{NO_BREAK_SPACE}#")
    return re.sub(r"0\.0+", "0" + fraction, pattern).replace("¤", f"'{sign}'")


def around_number(currency: str, language: str) -> dict[str, str]:
    """What a printed amount has `before` and `after` its number, for scripts."""
    before, _one, after = Money(10 ** exponent(currency), currency).format(language, short=True).partition("1")
    return {"before": before, "after": after}


def parse(text: str, currency: str) -> Money:
    """What a person typed as an amount in the main unit: `5`, `5.50` or `5,50`, in ASCII digits.

    Grouping signs are refused rather than guessed: `1,000` is a thousand to one reader and one to another.
    Raises NotAnAmount.
    """
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        raise NotAnAmount("format")
    whole, fraction = match[1], match[2] or ""
    digits = exponent(currency)
    if len(fraction) > digits or (len(fraction) == 3 and "," in text):
        raise NotAnAmount("digits")
    minor = int(whole) * 10**digits + int(fraction.ljust(digits, "0") or "0")
    if minor == 0:
        raise NotAnAmount("zero")
    if minor > MAXIMUM_MINOR:
        raise NotAnAmount("large")
    if minor % smallest_step(currency):
        raise NotAnAmount("digits")
    return Money(minor, currency)


def fee(gross: int, *, basis_points: int, fixed: int) -> int:
    """The payment fee expected on `gross` minor units: a share in basis points (290 = 2.9 %) and a fixed part."""
    return int((Decimal(gross) * basis_points / 10_000).quantize(Decimal(1), ROUND_HALF_UP)) + fixed


def gross_up(target: int, currency: str, *, basis_points: int, fixed: int) -> int:
    """The smallest chargeable amount of which at least `target` minor units remain after the expected fee."""
    share = Decimal(10_000 - basis_points) / 10_000
    step = smallest_step(currency)
    gross = int((Decimal(target + fixed) / share / step).quantize(Decimal(1), ROUND_CEILING)) * step
    while gross - fee(gross, basis_points=basis_points, fixed=fixed) < target:
        gross += step
    while gross - step > 0 and (gross - step) - fee(gross - step, basis_points=basis_points, fixed=fixed) >= target:
        gross -= step
    return gross
