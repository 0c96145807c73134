"""Gifts whose first payment is on its way are found without the others."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0006_declined_because")]

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
