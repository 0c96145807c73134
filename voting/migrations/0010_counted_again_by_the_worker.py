from django.db import migrations, models


# The same as before, but for `recount_reason`.
STAYS = """
CREATE OR REPLACE FUNCTION voting_round_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moving text[] := ARRAY['closes_at', 'reminds_at', 'closed_at', 'counted_at', 'archived_at', 'nonce', 'failure',
        'recount_reason'];
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


class Migration(migrations.Migration):
    dependencies = [
        ("voting", "0009_no_statistics_of_secrets"),
    ]

    operations = [
        migrations.AddField(
            model_name="round",
            name="recount_reason",
            field=models.TextField(blank=True, max_length=500),
        ),
        migrations.AddConstraint(
            model_name="round",
            constraint=models.CheckConstraint(
                condition=models.Q(("recount_reason", ""), ("counted_at__isnull", False), _connector="OR"),
                name="round_counted_before_it_is_again",
            ),
        ),
        migrations.RunSQL(STAYS, migrations.RunSQL.noop),
    ]
