import django.db.models.deletion
import newsroom.clock
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("members", "0001_initial"),
        ("payments", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ClosedMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(unique=True)),
                ("figures", models.JSONField()),
                (
                    "closed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("closed_at", models.DateTimeField(db_default=newsroom.clock.Now(), editable=False)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("month__day", 1)), name="reports_month_is_its_first_day")
                ],
            },
        ),
        migrations.CreateModel(
            name="Proof",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("proved_at", models.DateTimeField(db_default=newsroom.clock.Now(), editable=False)),
                ("is_ok", models.BooleanField()),
                ("failed", models.JSONField(default=list)),
            ],
        ),
        migrations.CreateModel(
            name="MoneyDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("source", models.CharField(max_length=7)),
                ("currency", models.CharField(max_length=3)),
                ("kind", models.CharField(max_length=16)),
                ("amount_minor", models.BigIntegerField()),
                ("lines", models.PositiveIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("day", "source", "currency", "kind"), name="reports_money_day_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="SeenDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("kind", models.CharField(max_length=16)),
                ("is_recurring", models.BooleanField()),
                ("amount_minor", models.BigIntegerField()),
                ("lines", models.PositiveIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "currency", "kind", "is_recurring"), name="reports_seen_day_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="GiftMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("kind", models.CharField(max_length=16)),
                ("amount_minor", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("month", "currency", "kind"), name="reports_gift_month_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ReturnMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("payments", models.PositiveIntegerField()),
                ("paid_minor", models.BigIntegerField()),
                ("refunded", models.PositiveIntegerField()),
                ("refunded_minor", models.BigIntegerField()),
                ("disputed", models.PositiveIntegerField()),
                ("disputed_minor", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("month", "currency"), name="reports_return_month_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="GiftAmount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("amount_minor", models.BigIntegerField()),
                ("gifts", models.PositiveIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("month", "currency", "amount_minor"), name="reports_gift_amount_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Movement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "change",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="members.membershipchange",
                    ),
                ),
                (
                    "patron",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("month", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("new", "new"),
                            ("reactivated", "came back"),
                            ("expansion", "raised"),
                            ("contraction", "lowered"),
                            ("voluntary", "left by choice"),
                            ("involuntary", "left by unpaid time"),
                            ("disputed", "left by a dispute"),
                            ("paused", "paused"),
                            ("resumed", "resumed"),
                            ("correction", "correction"),
                        ],
                        max_length=11,
                    ),
                ),
                ("monthly_parts", models.DecimalField(decimal_places=0, max_digits=40)),
                ("persons", models.SmallIntegerField()),
                ("was", models.PositiveSmallIntegerField()),
                ("becomes", models.PositiveSmallIntegerField()),
                ("is_paused", models.BooleanField()),
                ("cohort", models.DateField()),
                ("cohort_payer", models.PositiveSmallIntegerField()),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    models.Index(fields=["month", "patron"], name="reports_movement_month"),
                    models.Index(fields=["at"], name="reports_movement_at"),
                ],
            },
        ),
        migrations.CreateModel(
            name="MovementMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("new", "new"),
                            ("reactivated", "came back"),
                            ("expansion", "raised"),
                            ("contraction", "lowered"),
                            ("voluntary", "left by choice"),
                            ("involuntary", "left by unpaid time"),
                            ("disputed", "left by a dispute"),
                            ("paused", "paused"),
                            ("resumed", "resumed"),
                            ("correction", "correction"),
                        ],
                        max_length=11,
                    ),
                ),
                ("monthly_parts", models.DecimalField(decimal_places=0, max_digits=40)),
                ("changes", models.PositiveIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("month", "currency", "kind"), name="reports_movement_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="PersonMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("payer", models.PositiveSmallIntegerField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("came", "Came"),
                            ("new", "New"),
                            ("voluntary", "Voluntary"),
                            ("involuntary", "Involuntary"),
                            ("disputed", "Disputed"),
                            ("paused", "Paused"),
                            ("came_went", "Came And Went"),
                            ("ended_paused", "Ended Paused"),
                        ],
                        max_length=12,
                    ),
                ),
                ("persons", models.IntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("month", "payer", "outcome"), name="reports_person_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="CohortMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("cohort", models.DateField()),
                ("payer", models.PositiveSmallIntegerField()),
                ("persons", models.IntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("month", "cohort", "payer"), name="reports_cohort_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="InvoiceMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("due", models.PositiveIntegerField()),
                ("due_minor", models.BigIntegerField()),
                ("failed", models.PositiveIntegerField()),
                ("failed_minor", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="RecoveryMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("code", models.CharField(blank=True, max_length=60)),
                ("recovered_by", models.CharField(blank=True, max_length=7)),
                ("invoices", models.PositiveIntegerField()),
                ("amount_minor", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="RenewalMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("ended", models.PositiveIntegerField()),
                ("renewed", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="OriginMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("rule", models.CharField(choices=[("joining", "Joining"), ("first", "First")], max_length=7)),
                ("story_id", models.BigIntegerField(null=True)),
                ("ask_id", models.BigIntegerField(null=True)),
                ("campaign", models.CharField(blank=True, max_length=60)),
                ("currency", models.CharField(max_length=3)),
                ("started", models.PositiveIntegerField()),
                ("joined", models.PositiveIntegerField()),
                ("joined_monthly_parts", models.DecimalField(decimal_places=0, max_digits=40)),
                ("old_enough", models.PositiveIntegerField()),
                ("kept_monthly_parts", models.DecimalField(decimal_places=0, max_digits=40)),
            ],
            options={
                "indexes": [models.Index(fields=["rule", "month"], name="reports_origin_month")],
            },
        ),
        migrations.CreateModel(
            name="CohortMoney",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("cohort", models.DateField()),
                ("age", models.PositiveSmallIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("net_minor", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Exposure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("all", "All"),
                            ("leaving", "Leaving"),
                            ("expiring", "Expiring"),
                            ("failing", "Failing"),
                            ("top", "Top"),
                        ],
                        max_length=8,
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("monthly_parts", models.DecimalField(decimal_places=0, max_digits=40)),
                ("persons", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Progress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("through", models.PositiveBigIntegerField(default=0)),
                ("zone", models.CharField(blank=True, max_length=64)),
                ("followed_at", models.DateTimeField(blank=True, null=True)),
                ("rebuilt_at", models.DateTimeField(blank=True, null=True)),
                ("night_at", models.DateTimeField(blank=True, null=True)),
                ("proved_at", models.DateTimeField(blank=True, null=True)),
                ("differences", models.TextField(blank=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="reports_progress_is_one_row")
                ],
            },
        ),
        migrations.CreateModel(
            name="TableExport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("table", models.CharField(max_length=20)),
                ("format", models.CharField(choices=[("csv", "CSV"), ("xlsx", "Excel (XLSX)")], max_length=4)),
                ("first_on", models.DateField(null=True)),
                ("last_on", models.DateField(null=True)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("total", models.PositiveIntegerField()),
                ("done", models.PositiveIntegerField(default=0)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("asked_at", models.DateTimeField(db_default=newsroom.clock.Now(), editable=False)),
                ("ready_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(db_index=True, null=True)),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("expires_at", None), ("ready_at", None)),
                            models.Q(("expires_at__gt", models.F("ready_at")), ("ready_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="table_export_ready_expires",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("first_on", None),
                            ("last_on", None),
                            ("last_on__gte", models.F("first_on")),
                            _connector="OR",
                        ),
                        name="table_export_days_in_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TableExportPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "export",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="parts", to="reports.tableexport"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("content", models.BinaryField()),
            ],
            options={
                "ordering": ["number"],
                "constraints": [models.UniqueConstraint(fields=("export", "number"), name="table_export_part_once")],
            },
        ),
        migrations.CreateModel(
            name="RoundPersons",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("round_id", models.BigIntegerField()),
                ("has_voted", models.BooleanField()),
                ("is_of_opening", models.BooleanField()),
                ("persons", models.PositiveIntegerField()),
                ("live", models.PositiveIntegerField()),
                ("live_90", models.PositiveIntegerField(null=True)),
                ("live_365", models.PositiveIntegerField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="VotersYear",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField()),
                ("eligible", models.PositiveIntegerField()),
                ("voted", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="RoundMoney",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("round_id", models.BigIntegerField()),
                ("first_on", models.DateField()),
                ("last_on", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("net_minor", models.BigIntegerField()),
                ("givers", models.PositiveIntegerField()),
                ("voters_minor", models.BigIntegerField()),
            ],
        ),
        migrations.RunSQL("INSERT INTO reports_progress (id, through, zone, differences) VALUES (1, 0, '', '')", ""),
    ]
