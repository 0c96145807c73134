import django.db.models.deletion
import django.db.models.functions.text
import newsroom.clock
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("newsroom", "0001_initial"),  # the clock's function
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Letter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=200, unique=True)),
                ("occasion", models.CharField(max_length=40, verbose_name="occasion")),
                (
                    "patron",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="letters",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("to", models.EmailField(max_length=254, verbose_name="to")),
                ("language", models.CharField(max_length=2, verbose_name="language")),
                ("is_neutral", models.BooleanField(db_default=False, default=False)),
                ("sealed", models.TextField(blank=True, db_default="", default="")),
                ("subject", models.CharField(max_length=255, verbose_name="subject")),
                ("text", models.TextField()),
                ("html", models.TextField()),
                ("attachment", models.CharField(blank=True, max_length=100)),
                ("message_id", models.CharField(max_length=255, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "waiting"),
                            ("sending", "being sent"),
                            ("sent", "sent"),
                            ("failed", "refused"),
                            ("unsent", "not sent"),
                        ],
                        default="queued",
                        max_length=7,
                        verbose_name="state",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("due_at", models.DateTimeField(db_default=newsroom.clock.Now())),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent")),
                ("error", models.CharField(blank=True, max_length=500, verbose_name="error")),
                (
                    "created_at",
                    models.DateTimeField(db_default=newsroom.clock.Now(), editable=False, verbose_name="written"),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("state", "queued")), fields=["due_at"], name="letter_due"),
                    models.Index(
                        condition=models.Q(("state", "sending")), fields=["claimed_at"], name="letter_claimed"
                    ),
                    models.Index(condition=models.Q(("state", "failed")), fields=["state"], name="letter_failed"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("to", ""), _negated=True), models.Q(("subject", ""), _negated=True)
                        ),
                        name="letter_has_address_and_subject",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state", "sent"), ("sent_at", None), _connector="XOR"),
                        name="letter_sent_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "sending"), _negated=True),
                            ("claimed_at__isnull", False),
                            _connector="OR",
                        ),
                        name="letter_being_sent_is_claimed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Wording",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("occasion", models.CharField(max_length=40)),
                ("language", models.CharField(max_length=2)),
                ("subject", models.CharField(blank=True, max_length=150, verbose_name="subject")),
                ("opening", models.TextField(blank=True, max_length=2000, verbose_name="first paragraphs")),
                ("closing", models.TextField(blank=True, max_length=2000, verbose_name="last paragraphs")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("occasion", "language"), name="one_wording_of_an_occasion_in_a_language"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StoppedAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.EmailField(max_length=254, unique=True)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("letter", "its mail server refused a letter for good"),
                            ("refused", "its mail server says for good that nobody is there"),
                            ("complained", "its reader called a letter spam"),
                        ],
                        max_length=10,
                    ),
                ),
                ("said", models.CharField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField(db_default=newsroom.clock.Now(), editable=False)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("address", django.db.models.functions.text.Lower("address")),
                            models.Q(("address", ""), _negated=True),
                        ),
                        name="stopped_address_in_lower_case",
                    )
                ],
            },
        ),
    ]
