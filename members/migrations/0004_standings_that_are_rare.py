"""What pages look for among many memberships that are simply paid is found by an index of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0003_code_asked_for"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True), ("paused_at__isnull", False), ("source", "recurring")),
                fields=["id"],
                name="membership_paused",
            ),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                condition=models.Q(
                    ("ended_at__isnull", True), ("failing_since__isnull", False), ("source", "recurring")
                ),
                fields=["id"],
                name="membership_failing",
            ),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                condition=models.Q(models.Q(("source", "recurring"), _negated=True), ("ended_at__isnull", True)),
                fields=["paid_through"],
                name="membership_not_paid_for",
            ),
        ),
    ]
