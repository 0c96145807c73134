"""Records of one person that were put together: the one that rests is given nothing, which the database sees to."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# The look waits for a merge that is under way, and then sees it.
FORWARD = """
CREATE FUNCTION members_not_to_a_merged_record() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stands bigint;
BEGIN
    SELECT merged_into_id INTO stands FROM members_patron WHERE id = NEW.patron_id FOR KEY SHARE;
    IF stands IS NOT NULL THEN
        RAISE EXCEPTION 'patron % was merged into %: % of % refused', NEW.patron_id, stands, TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER not_to_a_merged_record BEFORE INSERT ON members_membership
    FOR EACH ROW EXECUTE FUNCTION members_not_to_a_merged_record();
CREATE TRIGGER not_moved_to_a_merged_record BEFORE UPDATE ON members_membership
    FOR EACH ROW WHEN (NEW.patron_id IS DISTINCT FROM OLD.patron_id)
    EXECUTE FUNCTION members_not_to_a_merged_record();
"""
BACK = "DROP FUNCTION members_not_to_a_merged_record() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [("members", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="patron",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="membership",
            name="end_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("cancelled", "ended by choice"),
                    ("lapsed", "ended by unpaid time"),
                    ("disputed", "ended by a dispute"),
                    ("expired", "its time is over"),
                    ("merged", "ended, as another one of the same person stands"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="membershipchange",
            name="kind",
            field=models.CharField(
                choices=[
                    ("joined", "joined"),
                    ("renewed", "renewed"),
                    ("changed", "amount or interval changed"),
                    ("failed", "payment failed"),
                    ("recovered", "payment recovered"),
                    ("paused", "paused"),
                    ("resumed", "resumed"),
                    ("leaving", "will end"),
                    ("staying", "will not end after all"),
                    ("forfeited", "payment taken back"),
                    ("restored", "payment given back"),
                    ("ended", "ended"),
                    ("returned", "returned"),
                    ("moved", "went to another record of the same person"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="patron",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("merged_into", None),
                    models.Q(
                        ("is_active", False),
                        ("role", ""),
                        models.Q(("merged_into", models.F("id")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="patron_merged_rests",
            ),
        ),
        migrations.RunSQL(FORWARD, BACK),
    ]
