"""What is set for the newsroom, the clock that SQL and Python share, and the currencies a newsroom starts with."""

import django.contrib.postgres.fields
import django.core.validators
import newsroom.models
from django.db import migrations, models

CLOCK = """
CREATE TABLE newsroom_clock (
    id integer PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    offset_seconds double precision NOT NULL DEFAULT 0 CHECK (offset_seconds >= 0)
);
INSERT INTO newsroom_clock DEFAULT VALUES;
CREATE FUNCTION newsroom_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS
$$ SELECT clock_timestamp() + make_interval(secs => (SELECT offset_seconds FROM newsroom_clock)) $$;
"""

# code, minimum, maximum, fixed fee; then what is suggested once, monthly, yearly. Minor units.
CURRENCIES = [
    ("EUR", 200, 1_000_000, 30, [1000, 2500, 5000, 10000], [300, 500, 1000, 2000], [3600, 6000, 12000, 24000]),
    ("USD", 200, 1_000_000, 30, [1000, 2500, 5000, 10000], [300, 500, 1000, 2000], [3600, 6000, 12000, 24000]),
    ("GBP", 200, 1_000_000, 20, [1000, 2000, 5000, 10000], [300, 500, 1000, 2000], [3600, 6000, 12000, 24000]),
    ("UAH", 5000, 40_000_000, 1000, [20000, 50000, 100000, 200000], [10000, 20000, 50000, 100000], [120000, 240000, 600000, 1200000]),
    ("PLN", 800, 4_000_000, 100, [4000, 10000, 20000, 40000], [1500, 2500, 5000, 10000], [18000, 30000, 60000, 120000]),
    ("JPY", 300, 1_500_000, 40, [1500, 3000, 8000, 15000], [500, 1000, 1500, 3000], [6000, 12000, 18000, 36000]),
]  # fmt: skip


def fill(apps, schema_editor):
    """A newsroom that works at once; staff change what they like."""
    apps.get_model("newsroom", "Newsroom").objects.create(id=1)
    currency = apps.get_model("newsroom", "GivingCurrency")
    for position, (code, minimum, maximum, fixed, once, monthly, yearly) in enumerate(CURRENCIES):
        currency.objects.create(
            code=code, position=position, minimum_minor=minimum, maximum_minor=maximum, fee_fixed_minor=fixed,
            suggested_once=once, suggested_monthly=monthly, suggested_yearly=yearly,
        )  # fmt: skip


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Newsroom",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("legal_name", models.CharField(default="The newsroom", max_length=200, verbose_name="legal name")),
                (
                    "public_name",
                    models.CharField(default="The newsroom", max_length=100, verbose_name="name readers know"),
                ),
                ("address", models.TextField(blank=True, max_length=500, verbose_name="postal address")),
                ("registration", models.CharField(blank=True, max_length=100, verbose_name="registration number")),
                ("logo", models.BinaryField(blank=True, editable=True, null=True, verbose_name="logo")),
                ("logo_type", models.CharField(blank=True, max_length=20)),
                (
                    "accent",
                    models.CharField(
                        default="#9b2226",
                        max_length=7,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^#[0-9a-fA-F]{6}\\Z", "Six hexadecimal digits after #, as in #9b2226."
                            )
                        ],
                        verbose_name="accent colour",
                    ),
                ),
                (
                    "zone",
                    models.CharField(
                        default="Europe/Kyiv",
                        max_length=64,
                        validators=[newsroom.models.validate_zone],
                        verbose_name="time zone",
                    ),
                ),
                (
                    "languages",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=2),
                        default=newsroom.models.both_languages,
                        size=None,
                        verbose_name="languages",
                    ),
                ),
                ("reply_to", models.EmailField(blank=True, max_length=254, verbose_name="letters are answered to")),
                (
                    "finance_email",
                    models.EmailField(blank=True, max_length=254, verbose_name="disputes are reported to"),
                ),
                (
                    "bank_details",
                    models.TextField(
                        blank=True, max_length=1000, verbose_name="bank account for transfers, as readers see it"
                    ),
                ),
                (
                    "receipt_wording_en",
                    models.TextField(blank=True, max_length=1000, verbose_name="wording on receipts (English)"),
                ),
                (
                    "receipt_wording_uk",
                    models.TextField(blank=True, max_length=1000, verbose_name="wording on receipts (Ukrainian)"),
                ),
                (
                    "neutral_subject_en",
                    models.CharField(
                        default="A letter for you", max_length=100, verbose_name="subject of neutral letters (English)"
                    ),
                ),
                (
                    "neutral_subject_uk",
                    models.CharField(
                        default="Лист для Вас", max_length=100, verbose_name="subject of neutral letters (Ukrainian)"
                    ),
                ),
                (
                    "neutral_sender",
                    models.CharField(default="Office", max_length=60, verbose_name="sender of neutral letters"),
                ),
                (
                    "grace_days",
                    models.PositiveSmallIntegerField(default=14, verbose_name="days of grace after a failed payment"),
                ),
                (
                    "retention_months",
                    models.PositiveSmallIntegerField(
                        default=24,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="months after which the personal part of stored events is removed",
                    ),
                ),
                (
                    "country",
                    models.CharField(
                        default="UA",
                        max_length=2,
                        validators=[
                            django.core.validators.RegexValidator("^[A-Z]{2}\\Z", "Two capital letters, as in UA.")
                        ],
                        verbose_name="country whose bookkeeping law counts (two letters)",
                    ),
                ),
                (
                    "bookkeeping_years",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(30)],
                        verbose_name="years that records of money are kept, if not the country's usual ones",
                    ),
                ),
                (
                    "answer_days",
                    models.PositiveSmallIntegerField(
                        default=30,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="days within which a suggestion gets its answer",
                    ),
                ),
                (
                    "carry_overs",
                    models.PositiveSmallIntegerField(
                        default=2, verbose_name="rounds that a topic may stand in again after it was not chosen"
                    ),
                ),
                (
                    "starts_per_address",
                    models.PositiveSmallIntegerField(
                        default=10,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="payments that one address may start in ten minutes",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="newsroom_is_one_row"),
                    models.CheckConstraint(
                        condition=models.Q(("grace_days__lte", 90)), name="newsroom_grace_at_most_90_days"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GivingCurrency",
            fields=[
                ("code", models.CharField(max_length=3, primary_key=True, serialize=False, verbose_name="currency")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="order")),
                ("is_offered", models.BooleanField(default=True, verbose_name="offered to readers")),
                (
                    "suggested_once",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveIntegerField(
                            validators=[django.core.validators.MinValueValidator(1)]
                        ),
                        size=6,
                        verbose_name="suggested once",
                    ),
                ),
                (
                    "suggested_monthly",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveIntegerField(
                            validators=[django.core.validators.MinValueValidator(1)]
                        ),
                        size=6,
                        verbose_name="suggested monthly",
                    ),
                ),
                (
                    "suggested_yearly",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveIntegerField(
                            validators=[django.core.validators.MinValueValidator(1)]
                        ),
                        size=6,
                        verbose_name="suggested yearly",
                    ),
                ),
                ("minimum_minor", models.PositiveIntegerField(verbose_name="minimum")),
                ("maximum_minor", models.PositiveIntegerField(verbose_name="maximum")),
                (
                    "fee_basis_points",
                    models.PositiveSmallIntegerField(
                        default=290, verbose_name="expected fee, hundredths of a per cent"
                    ),
                ),
                ("fee_fixed_minor", models.PositiveIntegerField(default=30, verbose_name="expected fee, fixed part")),
                (
                    "refund_alone_minor",
                    models.PositiveIntegerField(default=10000, verbose_name="refunded by one person up to"),
                ),
            ],
            options={
                "ordering": ["position", "code"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("minimum_minor__gt", 0),
                            ("minimum_minor__lte", models.F("maximum_minor")),
                            ("maximum_minor__lte", 99999999),
                        ),
                        name="currency_minimum_to_maximum",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^[A-Z]{3}$")), name="currency_code_is_three_capitals"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("fee_basis_points__lt", 5000)), name="currency_fee_below_half"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DailyRate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="day")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("into", models.CharField(max_length=3, verbose_name="in terms of")),
                (
                    "rate",
                    models.DecimalField(
                        decimal_places=10,
                        max_digits=20,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="rate",
                    ),
                ),
                ("source", models.CharField(max_length=60, verbose_name="who says so")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("day", "currency", "into"), name="one_rate_a_day"),
                    models.CheckConstraint(condition=models.Q(("rate__gt", 0)), name="rate_is_positive"),
                    models.CheckConstraint(
                        condition=models.Q(("currency", models.F("into")), _negated=True),
                        name="rate_between_two_currencies",
                    ),
                ],
            },
        ),
        migrations.RunSQL(CLOCK, "DROP FUNCTION newsroom_now(); DROP TABLE newsroom_clock;"),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
