"""Payments know whether they are in the book, gifts whether they outlive their membership; what is rare has indexes."""

from django.conf import settings
from django.db import migrations, models


# As the rows stand; from now on it is kept with what makes it so.
FORWARD = """
UPDATE payments_payment p SET is_booked = true
WHERE EXISTS (SELECT 1 FROM payments_ledgerentry e WHERE e.payment_id = p.id AND e.kind = 'payment');
UPDATE payments_donation d SET lives_on = true FROM members_membership m
WHERE m.id = d.membership_id AND m.ended_at IS NOT NULL AND NOT d.is_second AND d.subscription IS NOT NULL
  AND d.subscription_status NOT IN ('', 'canceled', 'incomplete_expired');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("asks", "0001_initial"),
        ("members", "0004_standings_that_are_rare"),
        ("payments", "0002_nothing_to_a_merged_record"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="ledgerentry",
            name="ledger_by_time",
        ),
        migrations.AddField(
            model_name="donation",
            name="lives_on",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="payment",
            name="is_booked",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunSQL(FORWARD, ""),
        migrations.AddIndex(
            model_name="donation",
            index=models.Index(condition=models.Q(("is_second", True)), fields=["id"], name="donation_second"),
        ),
        migrations.AddIndex(
            model_name="donation",
            index=models.Index(condition=models.Q(("lives_on", True)), fields=["id"], name="donation_lives_on"),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(fields=["occurred_at", "id"], name="ledger_by_time"),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(
                condition=models.Q(("kind__in", ["payment", "fee"]), _negated=True),
                fields=["kind", "occurred_at", "id"],
                name="ledger_rare",
            ),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(
                condition=models.Q(("source", "offline")), fields=["occurred_at", "id"], name="ledger_by_hand"
            ),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(
                condition=models.Q(("state", "refused")), fields=["created_at"], name="operation_refused"
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("is_booked", False), ("state", "succeeded")),
                fields=["id"],
                name="payment_not_booked",
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(condition=models.Q(("source", "offline")), fields=["id"], name="payment_by_hand"),
        ),
        migrations.AddIndex(
            model_name="refund",
            index=models.Index(
                condition=models.Q(("status__in", ["pending", "requires_action"])),
                fields=["id"],
                name="refund_on_its_way",
            ),
        ),
    ]
