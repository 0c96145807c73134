"""Whoever declines a refund says why."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0005_kinds_and_payments"),
    ]

    operations = [
        migrations.AddField(
            model_name="refundrequest",
            name="declined_because",
            field=models.CharField(blank=True, db_default="", max_length=500),
        ),
        migrations.AddConstraint(
            model_name="refundrequest",
            constraint=models.CheckConstraint(
                condition=Q(declined_because="") | Q(decided_at__isnull=False, operation=None),
                name="refund_request_declined_because",
            ),
        ),
    ]
