"""By what a gift is charged. Of those that run, the others have a card."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0008_bank_files")]

    operations = [
        migrations.AddField("donation", "method", models.CharField(blank=True, max_length=30)),
        migrations.RunSQL(
            "UPDATE payments_donation SET method = 'card' WHERE card_last4 <> ''", migrations.RunSQL.noop
        ),
    ]
