"""Each line names the transaction that wrote it, so that new ones can be read in the order of commits."""

from django.db import migrations, models

FORWARD = """
ALTER TABLE payments_ledgerentry ADD COLUMN written_in xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX payments_ledger_written_in ON payments_ledgerentry (written_in);
"""
BACK = "ALTER TABLE payments_ledgerentry DROP COLUMN written_in;"


class Migration(migrations.Migration):
    dependencies = [("payments", "0005_invoice_attempts")]

    operations = [
        migrations.RunSQL(FORWARD, BACK),
        migrations.AddIndex(
            model_name="stripeevent", index=models.Index(fields=["aggregate"], name="inbox_of_aggregate")
        ),
    ]
