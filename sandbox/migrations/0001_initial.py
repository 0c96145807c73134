"""The sandbox's tables, and its one row of settings."""

import django.contrib.postgres.indexes
import django.db.models.deletion
import sandbox.models
from django.db import migrations, models


def fill(apps, _schema_editor):
    apps.get_model("sandbox", "Config").objects.create(pk=1)


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.RunSQL("CREATE SEQUENCE sandbox_seq", "DROP SEQUENCE sandbox_seq"),
        migrations.CreateModel(
            name="Thing",
            fields=[
                ("id", models.TextField(primary_key=True, serialize=False)),
                ("kind", models.TextField()),
                ("created", models.BigIntegerField()),
                (
                    "seq",
                    models.BigIntegerField(
                        db_default=models.Func(models.Value("sandbox_seq"), function="nextval"), editable=False
                    ),
                ),
                ("body", models.JSONField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["kind", "-created", "-seq"], name="sandbox_thing_newest"),
                    django.contrib.postgres.indexes.GinIndex(
                        condition=models.Q(("kind", "event"), _negated=True),
                        fields=["body"],
                        name="sandbox_thing_body",
                        opclasses=["jsonb_path_ops"],
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="IdempotentCall",
            fields=[
                ("key", models.TextField(primary_key=True, serialize=False)),
                ("fingerprint", models.TextField(help_text="Digest of the method, path and parameters.")),
                ("status", models.IntegerField()),
                ("answer", models.JSONField()),
                ("request_id", models.TextField()),
                ("created", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Timer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due", models.BigIntegerField()),
                ("name", models.TextField()),
                ("kwargs", models.JSONField(default=dict)),
                ("error", models.TextField(blank=True)),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("error", "")), fields=["due", "id"], name="sandbox_timer_due")
                ],
            },
        ),
        migrations.CreateModel(
            name="Endpoint",
            fields=[
                ("id", models.TextField(primary_key=True, serialize=False)),
                ("url", models.TextField()),
                ("secret", models.TextField()),
                ("enabled_events", models.JSONField(default=list)),
            ],
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="sandbox.thing"
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="sandbox.endpoint"
                    ),
                ),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("pending", "Pending"),
                            ("delivered", "Delivered"),
                            ("dropped", "Dropped"),
                            ("failed", "Failed"),
                        ],
                        default="pending",
                    ),
                ),
                ("due", models.BigIntegerField()),
                (
                    "place",
                    models.BigIntegerField(
                        default=0, help_text="How many places later than its turn; chaos shuffles with it."
                    ),
                ),
                ("attempts", models.IntegerField(default=0)),
                ("last_status", models.IntegerField(null=True)),
                ("last_error", models.TextField(blank=True)),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "indexes": [
                    models.Index(condition=models.Q(("state", "pending")), fields=["due"], name="sandbox_delivery_due")
                ],
            },
        ),
        migrations.CreateModel(
            name="Config",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.TextField(default="Sandbox newsroom", help_text="The account's name, as givers read it."),
                ),
                ("country", models.TextField(default="DE")),
                ("default_currency", models.TextField(default="eur")),
                ("settlement_currencies", models.JSONField(default=sandbox.models.settlement_currencies)),
                ("fees", models.JSONField(default=sandbox.models.fee_rates)),
                ("dispute_fee", models.IntegerField(default=1500)),
                ("rates", models.JSONField(default=sandbox.models.exchange_rates)),
                ("retry_days", models.JSONField(default=sandbox.models.retry_days)),
                (
                    "final_outcome",
                    models.TextField(
                        choices=[
                            ("cancel", "Cancel"),
                            ("unpaid", "Unpaid"),
                            ("past_due", "Past Due"),
                            ("pause", "Pause"),
                        ],
                        default="cancel",
                    ),
                ),
                (
                    "upcoming_days",
                    models.IntegerField(default=7, help_text="How long before a renewal it is announced."),
                ),
                ("automatic_payouts", models.BooleanField(default=False)),
                (
                    "base_url",
                    models.TextField(blank=True, help_text="The address under which the sandbox was last called."),
                ),
                ("seed", models.IntegerField(default=1)),
                ("duplicate", models.FloatField(default=0.0)),
                ("shuffle", models.FloatField(default=0.0)),
                ("delay", models.FloatField(default=0.0)),
                ("delay_seconds", models.IntegerField(default=60)),
                ("drop", models.FloatField(default=0.0)),
                (
                    "lose_answer",
                    models.FloatField(default=0.0, help_text="A call does its work and is answered with 500."),
                ),
                (
                    "too_many",
                    models.FloatField(default=0.0, help_text="A call is refused with 429 before it does anything."),
                ),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("pk", 1)), name="sandbox_config_one_row")],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
