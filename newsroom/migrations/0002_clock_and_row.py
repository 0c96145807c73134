"""The clock that SQL and Python share, the one row, and the currencies a newsroom starts with."""

from django.db import migrations

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
    dependencies = [("newsroom", "0001_initial")]

    operations = [
        migrations.RunSQL(CLOCK, "DROP FUNCTION newsroom_now(); DROP TABLE newsroom_clock;"),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
