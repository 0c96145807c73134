"""Each change names the transaction that wrote it, so that new ones can be read in the order of commits."""

from django.db import migrations

FORWARD = """
ALTER TABLE members_membershipchange ADD COLUMN written_in xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX members_change_written_in ON members_membershipchange (written_in);
"""
BACK = "ALTER TABLE members_membershipchange DROP COLUMN written_in;"


class Migration(migrations.Migration):
    dependencies = [("members", "0009_changes_of_address")]

    operations = [migrations.RunSQL(FORWARD, BACK)]
