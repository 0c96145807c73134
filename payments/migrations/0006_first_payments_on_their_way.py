"""Gifts whose first payment is on its way are found without the others."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0005_kinds_and_payments")]

    operations = [
        migrations.AddIndex(
            model_name="donation",
            index=models.Index(
                condition=models.Q(("state", "confirming"), ("subscription__isnull", False)),
                fields=["id"],
                name="donation_first_payment",
            ),
        ),
    ]
