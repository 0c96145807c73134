"""The file for recounting a result, made once and never changed."""

import django.db.models.deletion
from django.db import migrations, models

# A zip cannot be made smaller, and what is stored as it is can be read in parts.
FORWARD = """
ALTER TABLE voting_bundle ALTER COLUMN data SET STORAGE EXTERNAL;
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON voting_bundle
    FOR EACH STATEMENT EXECUTE FUNCTION voting_only_grows();
"""
BACK = "DROP TRIGGER only_grows ON voting_bundle;"


class Migration(migrations.Migration):
    dependencies = [("voting", "0003_suggestions_and_carry_overs")]

    operations = [
        migrations.CreateModel(
            name="Bundle",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64)),
                ("size", models.PositiveIntegerField()),
                ("data", models.BinaryField()),
                (
                    "result",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="bundle", to="voting.result"
                    ),
                ),
            ],
        ),
        migrations.RunSQL(FORWARD, BACK),
    ]
