"""The rows behind origins. The sums begin anew by themselves, so that they are there before a night is over."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def row_of(to: str) -> "models.ForeignKey[object, object]":
    """Held to nothing."""
    return models.ForeignKey(
        db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+",
        to=to,
    )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0007_first_payments_on_their_way"),
        ("reports", "0005_years_that_ended"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OriginRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "what",
                    models.CharField(
                        choices=[("started", "Started"), ("joined", "Joined"), ("kept", "Kept")], max_length=7
                    ),
                ),
                (
                    "rule",
                    models.CharField(blank=True, choices=[("joining", "Joining"), ("first", "First")], max_length=7),
                ),
                ("month", models.DateField()),
                ("story_id", models.BigIntegerField()),
                ("ask_id", models.BigIntegerField()),
                ("campaign", models.CharField(blank=True, max_length=60)),
                ("currency", models.CharField(max_length=3)),
                ("monthly_parts", models.DecimalField(decimal_places=0, max_digits=40)),
                ("is_old", models.BooleanField()),
                ("donation", row_of("payments.donation")),
                ("patron", row_of(settings.AUTH_USER_MODEL)),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["what", "rule", "month", "id", "currency", "is_old"], name="reports_origin_row"
                    ),
                    models.Index(
                        fields=["what", "rule", "story_id", "month", "id", "currency", "is_old"],
                        name="reports_origin_story",
                    ),
                    models.Index(
                        fields=["what", "rule", "ask_id", "month", "id", "currency", "is_old"],
                        name="reports_origin_ask",
                    ),
                    models.Index(
                        fields=["what", "rule", "campaign", "month", "id", "currency", "is_old"],
                        name="reports_origin_campaign",
                    ),
                ],
            },
        ),
        migrations.RunSQL("UPDATE reports_progress SET through = 0", ""),
    ]
