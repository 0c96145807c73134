"""Payments that failed after all are found without other business on the account."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0009_invoices_by_time")]

    operations = [
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(
                condition=models.Q(kind="adjustment", payment__isnull=False),
                fields=["occurred_at", "id"],
                name="ledger_failed_after_all",
            ),
        ),
    ]
