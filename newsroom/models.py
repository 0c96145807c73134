"""What the newsroom itself decides: one row, and one row for each currency it takes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import connection, models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from money.currencies import STRIPE_MINIMUM
from money.money import Money

# What this request has read; None outside of one.
_kept: "ContextVar[list[Newsroom] | None]" = ContextVar("newsroom_of_the_request", default=None)


def validate_zone(name: str) -> None:
    """Refuses a name that the time zone database does not know."""
    if name not in available_timezones():
        raise ValidationError(_("There is no time zone of this name."))


@contextmanager
def read_once() -> "Iterator[None]":
    """Inside, `Newsroom.current()` reads the row once."""
    token = _kept.set([])
    try:
        yield
    finally:
        _kept.reset(token)


def both_languages() -> list[str]:
    """The languages a newsroom starts with."""
    return ["en", "uk"]


class Newsroom(models.Model):
    """The one newsroom of this installation. Always there: the migration makes it, the database allows no second."""

    legal_name = models.CharField(_("legal name"), max_length=200, default="The newsroom")
    public_name = models.CharField(_("name readers know"), max_length=100, default="The newsroom")
    address = models.TextField(_("postal address"), max_length=500, blank=True)
    registration = models.CharField(_("registration number"), max_length=100, blank=True)
    logo = models.BinaryField(_("logo"), null=True, blank=True, editable=True)
    logo_type = models.CharField(max_length=20, blank=True)
    accent = models.CharField(
        _("accent colour"), max_length=7, default="#9b2226",
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}\Z", _("Six hexadecimal digits after #, as in #9b2226."))],
    )  # fmt: skip
    zone = models.CharField(_("time zone"), max_length=64, default="Europe/Kyiv", validators=[validate_zone])
    languages = ArrayField(models.CharField(max_length=2), verbose_name=_("languages"), default=both_languages)
    reply_to = models.EmailField(_("letters are answered to"), blank=True)
    finance_email = models.EmailField(_("disputes are reported to"), blank=True)
    bank_details = models.TextField(_("bank account for transfers, as readers see it"), max_length=1000, blank=True)
    receipt_wording_en = models.TextField(_("wording on receipts (English)"), max_length=1000, blank=True)
    receipt_wording_uk = models.TextField(_("wording on receipts (Ukrainian)"), max_length=1000, blank=True)
    neutral_subject_en = models.CharField(
        _("subject of neutral letters (English)"), max_length=100, default="A letter for you"
    )
    neutral_subject_uk = models.CharField(
        _("subject of neutral letters (Ukrainian)"), max_length=100, default="Лист для Вас"
    )
    neutral_sender = models.CharField(_("sender of neutral letters"), max_length=60, default="Office")
    grace_days = models.PositiveSmallIntegerField(_("days of grace after a failed payment"), default=14)
    retention_months = models.PositiveSmallIntegerField(
        _("months after which the personal part of stored events is removed"),
        default=24,
        validators=[MinValueValidator(1)],
    )
    country = models.CharField(
        _("country whose bookkeeping law counts (two letters)"), max_length=2, default="UA",
        validators=[RegexValidator(r"^[A-Z]{2}\Z", _("Two capital letters, as in UA."))],
    )  # fmt: skip
    bookkeeping_years = models.PositiveSmallIntegerField(
        _("years that records of money are kept, if not the country's usual ones"), null=True, blank=True,
        validators=[MaxValueValidator(30)],
    )  # fmt: skip
    answer_days = models.PositiveSmallIntegerField(
        _("days within which a suggestion gets its answer"), default=30, validators=[MinValueValidator(1)]
    )
    carry_overs = models.PositiveSmallIntegerField(
        _("rounds that a topic may stand in again after it was not chosen"), default=2
    )
    starts_per_address = models.PositiveSmallIntegerField(
        _("payments that one address may start in ten minutes"), default=10, validators=[MinValueValidator(1)]
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="newsroom_is_one_row"),
            models.CheckConstraint(condition=Q(grace_days__lte=90), name="newsroom_grace_at_most_90_days"),
        ]

    def __str__(self) -> str:
        return self.public_name

    @classmethod
    def current(cls) -> "Newsroom":
        """The row, read once a request (newsroom/pages.py), and afresh each time outside of one: what staff changed a
        second ago counts. The logo, which few look at, is read when it is asked for.
        """
        kept = _kept.get()
        if kept is None:
            return cls._read()
        if not kept:
            kept.append(cls._read())
        return kept[0]

    @classmethod
    def _read(cls) -> "Newsroom":
        """Every page does it: by a statement that is not composed anew each time."""
        names = [field.attname for field in cls._meta.concrete_fields if field.attname != "logo"]
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(names)} FROM newsroom_newsroom WHERE id = 1")  # noqa: S608  fixed names
            return cls.from_db(connection.alias, names, cursor.fetchone())

    @property
    def zone_info(self) -> ZoneInfo:
        """The zone in which this newsroom's days and months begin and end."""
        return ZoneInfo(self.zone)

    def receipt_wording(self, language: str) -> str:
        """The newsroom's own sentence under a receipt, in the patron's language."""
        return self.receipt_wording_uk if language == "uk" else self.receipt_wording_en

    def neutral_subject(self, language: str) -> str:
        """The subject of every letter to a reader who wants letters that say nothing from outside."""
        return self.neutral_subject_uk if language == "uk" else self.neutral_subject_en

    def clean(self) -> None:
        if not self.languages or not set(self.languages) <= {"en", "uk"}:
            raise ValidationError({"languages": _("At least one of English and Ukrainian.")})
        for name in ("neutral_subject_en", "neutral_subject_uk", "neutral_sender"):
            if self.public_name.casefold() in getattr(self, name).casefold():
                raise ValidationError({name: _("This would name the newsroom, so it would not be neutral.")})


def _amounts(**kwargs: Any) -> "ArrayField[Any, Any]":
    return ArrayField(models.PositiveIntegerField(validators=[MinValueValidator(1)]), size=6, **kwargs)


class GivingCurrency(models.Model):
    """A currency in which readers can give. All amounts in its minor units, by Stripe's exponents."""

    code = models.CharField(_("currency"), max_length=3, primary_key=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    is_offered = models.BooleanField(_("offered to readers"), default=True)
    suggested_once = _amounts(verbose_name=_("suggested once"))
    suggested_monthly = _amounts(verbose_name=_("suggested monthly"))
    suggested_yearly = _amounts(verbose_name=_("suggested yearly"))
    minimum_minor = models.PositiveIntegerField(_("minimum"))
    maximum_minor = models.PositiveIntegerField(_("maximum"))
    fee_basis_points = models.PositiveSmallIntegerField(_("expected fee, hundredths of a per cent"), default=290)
    fee_fixed_minor = models.PositiveIntegerField(_("expected fee, fixed part"), default=30)
    # Of one payment, taken together; more waits for a second person (payments/refund_requests.py).
    refund_alone_minor = models.PositiveIntegerField(_("refunded by one person up to"), default=10_000)

    class Meta:
        ordering = ["position", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(minimum_minor__gt=0)
                & Q(minimum_minor__lte=F("maximum_minor"))
                & Q(maximum_minor__lte=99_999_999),
                name="currency_minimum_to_maximum",
            ),
            models.CheckConstraint(condition=Q(code__regex=r"^[A-Z]{3}$"), name="currency_code_is_three_capitals"),
            models.CheckConstraint(condition=Q(fee_basis_points__lt=5000), name="currency_fee_below_half"),
        ]

    def __str__(self) -> str:
        return self.code

    @classmethod
    def home(cls) -> str:
        """The newsroom's own currency, in which one figure tells all: the first in order; empty if none is set."""
        return cls.objects.values_list("code", flat=True).first() or ""

    @property
    def minimum(self) -> Money:
        return Money(self.minimum_minor, self.code)

    @property
    def maximum(self) -> Money:
        return Money(self.maximum_minor, self.code)

    def suggested(self, interval: str) -> list[Money]:
        """What the form offers for `once`, `monthly` or `yearly`."""
        amounts: list[int] = getattr(self, f"suggested_{interval}")
        return [Money(minor, self.code) for minor in amounts]

    def clean(self) -> None:
        if not re.fullmatch(r"[A-Z]{3}", self.code or ""):
            raise ValidationError({"code": _("Three capital letters, as in EUR.")})
        if None in (self.minimum_minor, self.maximum_minor):
            return  # said at the field already
        least = Money(STRIPE_MINIMUM.get(self.code, 1), self.code)
        if self.minimum_minor < least.minor:
            shown = least.format(get_language() or "en")
            raise ValidationError({"minimum_minor": _("Stripe refuses less than %(amount)s.") % {"amount": shown}})
        for name in ("suggested_once", "suggested_monthly", "suggested_yearly"):
            if any(not self.minimum_minor <= minor <= self.maximum_minor for minor in getattr(self, name) or []):
                raise ValidationError({name: _("A suggested amount lies outside the minimum and the maximum.")})


class DailyRate(models.Model):
    """What one unit of a currency is worth in another on a day, in main units, and who says so. Entered by staff."""

    day = models.DateField(_("day"))
    currency = models.CharField(_("currency"), max_length=3)
    into = models.CharField(_("in terms of"), max_length=3)
    rate = models.DecimalField(_("rate"), max_digits=20, decimal_places=10, validators=[MinValueValidator(0)])
    source = models.CharField(_("who says so"), max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "currency", "into"], name="one_rate_a_day"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="rate_is_positive"),
            models.CheckConstraint(condition=~Q(currency=F("into")), name="rate_between_two_currencies"),
        ]

    def __str__(self) -> str:
        return f"{self.day}: 1 {self.currency} = {self.rate} {self.into}"
