"""Other business on the account is read without the lines of payouts and of Stripe's own bills."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0003_booked_and_rare"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(
                condition=models.Q(("kind", "adjustment"), ("payment__isnull", True)),
                fields=["occurred_at", "id"],
                name="ledger_other_business",
            ),
        ),
    ]
