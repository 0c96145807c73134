"""The rows behind what went back of a month's payments. The sums begin anew by themselves, so that they are there."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0007_first_payments_on_their_way"),
        ("reports", "0006_rows_behind_origins"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReturnedPayment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("refunded_minor", models.BigIntegerField()),
                ("disputed_minor", models.BigIntegerField()),
                ("gone_minor", models.BigIntegerField()),
                ("is_undone", models.BooleanField()),
                (
                    "payment",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="payments.payment",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=Q(refunded_minor__gt=0, is_undone=False),
                        fields=["month", "currency", "payment"],
                        name="reports_refunded_payment",
                    ),
                    models.Index(
                        condition=Q(disputed_minor__gt=0, is_undone=False),
                        fields=["month", "currency", "payment"],
                        name="reports_disputed_payment",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["month", "payment", "currency"], name="reports_returned_payment_once"
                    )
                ],
            },
        ),
        migrations.RunSQL("UPDATE reports_progress SET through = 0", ""),
    ]
