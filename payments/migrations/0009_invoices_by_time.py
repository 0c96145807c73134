"""Invoices that fell due in a month are found without the others."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0008_differences")]

    operations = [
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(fields=["created_at", "id"], name="invoice_by_time"),
        ),
    ]
