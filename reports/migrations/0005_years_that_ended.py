"""The rows behind yearly renewal. The sums begin anew by themselves, so that they are there before a night is over."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0007_first_payments_on_their_way"),
        ("reports", "0004_movements_made_anew"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="YearEnd",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("ends_at", models.DateTimeField()),
                ("is_renewed", models.BooleanField()),
                (
                    "invoice",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="payments.invoice",
                    ),
                ),
                (
                    "patron",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["month", "invoice"], name="reports_year_end")],
            },
        ),
        migrations.RunSQL("UPDATE reports_progress SET through = 0", ""),
    ]
