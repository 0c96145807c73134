"""A month's movements of one kind are read in the order of time, without the others."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0004_standings_that_are_rare"),
        ("reports", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="movement",
            name="reports_movement_month",
        ),
        migrations.RemoveIndex(
            model_name="movement",
            name="reports_movement_at",
        ),
        migrations.AddIndex(
            model_name="movement",
            index=models.Index(fields=["month", "kind", "at", "id"], name="reports_movement_month"),
        ),
    ]
