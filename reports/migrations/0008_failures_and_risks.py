"""The rows behind failed invoices and what is at risk. The sums begin anew by themselves, as after 0005."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0004_standings_that_are_rare"),
        ("payments", "0009_invoices_by_time"),
        ("reports", "0007_returned_payments"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ExposedMembership",
            fields=[
                (
                    "membership",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="members.membership",
                    ),
                ),
                (
                    "patron",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("monthly_parts", models.DecimalField(decimal_places=0, max_digits=40)),
                ("is_leaving", models.BooleanField()),
                ("is_failing", models.BooleanField()),
                ("is_expiring", models.BooleanField()),
                ("is_top", models.BooleanField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["currency", "monthly_parts", "membership"], name="reports_live"),
                    models.Index(
                        condition=models.Q(("is_leaving", True)),
                        fields=["currency", "monthly_parts", "membership"],
                        name="reports_leaving",
                    ),
                    models.Index(
                        condition=models.Q(("is_failing", True)),
                        fields=["currency", "monthly_parts", "membership"],
                        name="reports_failing",
                    ),
                    models.Index(
                        condition=models.Q(("is_expiring", True)),
                        fields=["currency", "monthly_parts", "membership"],
                        name="reports_expiring",
                    ),
                    models.Index(
                        condition=models.Q(("is_top", True)),
                        fields=["currency", "monthly_parts", "membership"],
                        name="reports_top",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="InvoiceFailure",
            fields=[
                (
                    "invoice",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="failure",
                        serialize=False,
                        to="payments.invoice",
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("failed_at", models.DateTimeField()),
                ("currency", models.CharField(max_length=3)),
                ("code", models.CharField(blank=True, max_length=60)),
                ("recovered_by", models.CharField(blank=True, max_length=7)),
                ("amount_minor", models.BigIntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["due_at", "invoice"], name="reports_failed_of_those_due"),
                    models.Index(fields=["failed_at", "invoice"], name="reports_first_failure"),
                ],
            },
        ),
        migrations.RunSQL("UPDATE reports_progress SET through = 0", ""),
    ]
