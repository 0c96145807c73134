"""A record that was merged into another is given no gift; see members/0002."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER not_to_a_merged_record BEFORE INSERT ON payments_donation
    FOR EACH ROW WHEN (NEW.patron_id IS NOT NULL) EXECUTE FUNCTION members_not_to_a_merged_record();
CREATE TRIGGER not_moved_to_a_merged_record BEFORE UPDATE ON payments_donation
    FOR EACH ROW WHEN (NEW.patron_id IS DISTINCT FROM OLD.patron_id AND NEW.patron_id IS NOT NULL)
    EXECUTE FUNCTION members_not_to_a_merged_record();
"""
BACK = """
DROP TRIGGER not_to_a_merged_record ON payments_donation;
DROP TRIGGER not_moved_to_a_merged_record ON payments_donation;
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial"), ("members", "0002_records_merged")]

    operations = [migrations.RunSQL(FORWARD, BACK)]
