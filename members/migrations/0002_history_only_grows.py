"""The history of memberships only grows: the database refuses everything but INSERT."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION members_history_only_grows() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the history of memberships only grows: % refused', TG_OP; END $$;
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON members_membershipchange
    FOR EACH STATEMENT EXECUTE FUNCTION members_history_only_grows();
"""
BACK = "DROP TRIGGER only_grows ON members_membershipchange; DROP FUNCTION members_history_only_grows();"


class Migration(migrations.Migration):
    dependencies = [("members", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACK)]
