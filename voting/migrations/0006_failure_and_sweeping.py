"""What kept a round from going on is kept for staff; dead ballots and keys are swept away within a minute."""

from django.db import migrations, models

# The same as before, but for `failure`.
STAYS = """
CREATE OR REPLACE FUNCTION voting_round_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moving text[] := ARRAY['closes_at', 'reminds_at', 'closed_at', 'counted_at', 'archived_at', 'nonce', 'failure'];
BEGIN
    IF OLD.opened_at IS NULL THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' OR to_jsonb(OLD) - moving IS DISTINCT FROM to_jsonb(NEW) - moving
       OR NEW.closes_at < OLD.closes_at
       OR (OLD.closed_at IS NOT NULL AND (OLD.closes_at, OLD.reminds_at, OLD.closed_at, OLD.nonce)
           IS DISTINCT FROM (NEW.closes_at, NEW.reminds_at, NEW.closed_at, NEW.nonce))
       OR (OLD.closed_at IS NULL AND NEW.closed_at IS NULL AND OLD.nonce <> NEW.nonce)
       OR (OLD.counted_at IS NOT NULL AND OLD.counted_at IS DISTINCT FROM NEW.counted_at)
       OR (OLD.archived_at IS NOT NULL AND OLD.archived_at IS DISTINCT FROM NEW.archived_at) THEN
        RAISE EXCEPTION 'an opened round keeps its rules: % refused', TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
# Of few rows PostgreSQL would keep the dead ones for as long as it likes, and with them what the close destroyed.
SWEPT = """
ALTER TABLE voting_openballot SET (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);
ALTER TABLE voting_round SET (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);
ALTER TABLE voting_rollentry SET (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);
"""
AS_USUAL = """
ALTER TABLE voting_openballot RESET (autovacuum_vacuum_threshold, autovacuum_vacuum_scale_factor);
ALTER TABLE voting_round RESET (autovacuum_vacuum_threshold, autovacuum_vacuum_scale_factor);
ALTER TABLE voting_rollentry RESET (autovacuum_vacuum_threshold, autovacuum_vacuum_scale_factor);
"""


class Migration(migrations.Migration):
    dependencies = [("voting", "0005_letters_of_rounds")]

    operations = [
        migrations.AddField(
            model_name="round",
            name="failure",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.RunSQL(STAYS, migrations.RunSQL.noop),
        migrations.RunSQL(SWEPT, AS_USUAL),
    ]
