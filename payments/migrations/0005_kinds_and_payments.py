"""Which kinds of lines have a payment: PostgreSQL plans by that what it would take for independent."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("payments", "0004_other_business")]

    operations = [
        migrations.RunSQL(
            "CREATE STATISTICS ledger_kind_and_payment ON kind, (payment_id IS NULL) FROM payments_ledgerentry",
            "DROP STATISTICS ledger_kind_and_payment",
        ),
    ]
