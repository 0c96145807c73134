"""Whose money it is does not change: the sums of reports follow a book that only grows."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION payments_giver_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'whose money it is does not change' USING ERRCODE = 'restrict_violation'; END $$;
CREATE TRIGGER giver_stays BEFORE UPDATE OF giver ON payments_donation
    FOR EACH ROW WHEN (OLD.giver IS DISTINCT FROM NEW.giver) EXECUTE FUNCTION payments_giver_stays();
"""
BACK = "DROP TRIGGER giver_stays ON payments_donation; DROP FUNCTION payments_giver_stays();"


class Migration(migrations.Migration):
    dependencies = [("payments", "0010_giver")]

    operations = [migrations.RunSQL(FORWARD, BACK)]
