"""What was not the same at Stripe when everything was compared last."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0007_first_payments_on_their_way"),
    ]

    operations = [
        migrations.CreateModel(
            name="Difference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("subscription unknown here", "a subscription that is unknown here"),
                            ("subscription differs", "a subscription differs"),
                            ("movement unknown here", "a line of the balance that is not in the book"),
                            ("movement differs", "a line of the balance differs from the book"),
                            ("movement unknown at Stripe", "a line of the book that is not in Stripe's balance"),
                            ("refund differs", "a refund differs"),
                            ("dispute differs", "a dispute differs"),
                            ("payout differs", "a transfer to the bank differs"),
                            ("checkout differs", "a payment page is over and still open here"),
                            ("balance differs", "the balance differs"),
                        ],
                        max_length=26,
                    ),
                ),
                ("object", models.CharField(max_length=255)),
                ("ours", models.CharField(blank=True, max_length=255)),
                ("theirs", models.CharField(blank=True, max_length=255)),
                ("asked", models.BooleanField()),
            ],
        ),
    ]
