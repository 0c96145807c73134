"""Sums of amounts that are given every so many months, exactly: in parts so small that every rhythm divides them."""

import math
from fractions import Fraction
from typing import Any

from django.db import models

# Stripe's longest rhythm is three years: https://docs.stripe.com/billing/subscriptions/overview
LONGEST = 36
# How many parts a minor unit has: divisible by every number of months.
PARTS = math.lcm(*range(1, LONGEST + 1))


def field() -> "models.DecimalField[Any, Any]":
    """A column of parts: whole numbers, larger than eight bytes hold."""
    return models.DecimalField(max_digits=40, decimal_places=0)


def monthly(parts: Any) -> Fraction:
    """Minor units a month, from a sum of parts."""
    return Fraction(int(parts), PARTS)


def of(amount_minor: int, months: int) -> int:
    """The parts of an amount that is given every so many months."""
    return amount_minor * PARTS // months
