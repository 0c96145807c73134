"""Beside an open ballot lies when it was cast, sealed. Those cast before have none."""

from django.db import migrations, models

# ANALYZE would copy what it samples into the planner's statistics, where no close reaches it.
KEPT = "ALTER TABLE voting_openballot ALTER sealed_moment SET STATISTICS 0"


class Migration(migrations.Migration):
    dependencies = [("voting", "0001_initial")]

    operations = [
        migrations.AddField("openballot", "sealed_moment", models.BinaryField(null=True)),
        migrations.RunSQL(KEPT, migrations.RunSQL.noop),
    ]
