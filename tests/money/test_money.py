"""Amounts are whole minor units with a currency; what people type is taken exactly or refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from money import money
from money.currencies import exponent, smallest_step
from money.money import Money, NotAnAmount, fee, gross_up, parse

CURRENCIES = ["EUR", "USD", "GBP", "UAH", "PLN", "JPY", "KWD", "ISK", "UGX", "HUF"]


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [
        ("5", "EUR", 500), ("5.5", "EUR", 550), ("5,50", "EUR", 550), (" 7.00 ", "EUR", 700), ("500", "JPY", 500),
        ("5.120", "KWD", 5120), ("5", "ISK", 500), ("0.01", "EUR", 1),
    ],
)  # fmt: skip
def test_plain_amounts_are_taken(typed: str, currency: str, minor: int) -> None:
    assert parse(typed, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("typed", "currency", "reason"),
    [
        ("-5", "EUR", "format"), ("−5", "EUR", "format"), ("0", "EUR", "zero"), ("0.00", "EUR", "zero"),
        ("0.001", "EUR", "digits"),
        ("1e9", "EUR", "format"), ("NaN", "EUR", "format"), ("Infinity", "EUR", "format"), ("1,000", "EUR", "digits"),
        ("1,000", "KWD", "digits"), ("1 000", "EUR", "format"), ("٥", "EUR", "format"), ("５", "EUR", "format"),
        ("5.00", "JPY", "digits"), ("", "EUR", "format"), (".5", "EUR", "format"), ("5.", "EUR", "format"),
        ("999999999", "EUR", "large"), ("9" * 500, "EUR", "format"), ("5\x00", "EUR", "format"),
        ("5\n5", "EUR", "format"),
        ("5.123", "KWD", "digits"), ("5.50", "ISK", "digits"), ("€5", "EUR", "format"), ("+5", "EUR", "format"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_its_reason(typed: str, currency: str, reason: str) -> None:
    with pytest.raises(NotAnAmount) as refused:
        parse(typed, currency)
    assert refused.value.reason == reason


@given(st.text(max_size=30), st.sampled_from(CURRENCIES))
def test_whatever_is_typed_is_an_amount_or_is_refused(typed: str, currency: str) -> None:
    try:
        found = parse(typed, currency)
    except NotAnAmount:
        return
    assert 0 < found.minor <= money.MAXIMUM_MINOR
    assert found.minor % smallest_step(currency) == 0


@given(st.integers(1, money.MAXIMUM_MINOR), st.sampled_from(CURRENCIES))
def test_an_amount_comes_back_from_its_own_digits(minor: int, currency: str) -> None:
    amount = Money(minor - minor % smallest_step(currency) or smallest_step(currency), currency)
    assert parse(f"{amount.decimal:.{exponent(currency)}f}", currency) == amount


@given(
    target=st.integers(100, 10_000_000),
    basis_points=st.integers(0, 4999),
    fixed=st.integers(0, 10_000),
    currency=st.sampled_from(CURRENCIES),
)
def test_covering_the_fee_is_the_smallest_amount_that_leaves_the_gift(
    target: int, basis_points: int, fixed: int, currency: str
) -> None:
    gross = gross_up(target, currency, basis_points=basis_points, fixed=fixed)
    step = smallest_step(currency)
    assert gross % step == 0
    assert gross - fee(gross, basis_points=basis_points, fixed=fixed) >= target
    assert gross - step - fee(gross - step, basis_points=basis_points, fixed=fixed) < target


def test_the_known_example_of_a_covered_fee() -> None:
    assert gross_up(1000, "EUR", basis_points=290, fixed=30) == 1061
    assert fee(1061, basis_points=290, fixed=30) == 61


def test_two_currencies_are_never_added_or_compared() -> None:
    with pytest.raises(ValueError, match="cannot be mixed"):
        _ = Money(1, "EUR") + Money(1, "USD")
    with pytest.raises(ValueError, match="cannot be mixed"):
        _ = Money(1, "EUR") < Money(1, "USD")


@pytest.mark.parametrize("minor", [1.0, Decimal(1), "1", True])
def test_an_amount_is_a_whole_number(minor: object) -> None:
    with pytest.raises(TypeError):
        Money(minor, "EUR")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("amount", "language", "printed"),
    [
        (Money(500, "EUR"), "en", "€5.00"), (Money(500, "EUR"), "uk", "5,00\xa0€"),
        (Money(123456, "UAH"), "uk", "1\xa0234,56\xa0₴"),
        (Money(1234, "JPY"), "en", "¥1,234"), (Money(500, "PLN"), "en", "PLN\xa05.00"),
        (Money(5120, "KWD"), "en", "KWD\xa05.120"),
        (Money(-500, "EUR"), "en", "−€5.00"), (Money(-500, "JPY"), "uk", "−500\xa0¥"),
        (Money(500, "ISK"), "en", "ISK\xa05.00"),
    ],
)  # fmt: skip
def test_amounts_print_with_stripes_digits_and_a_clear_sign(amount: Money, language: str, printed: str) -> None:
    assert amount.format(language) == printed


def test_a_whole_amount_prints_short_where_asked() -> None:
    assert Money(500, "EUR").format("en", short=True) == "€5"
    assert Money(550, "EUR").format("en", short=True) == "€5.50"
