"""Movements are told anew, so the sums begin anew by themselves: until then pages read the former ones."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0004_standings_that_are_rare"),
        ("reports", "0003_money_made_anew"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="GiverMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("persons", models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="PauseEnd",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("ends_at", models.DateTimeField()),
                ("has_resumed", models.BooleanField()),
            ],
        ),
        migrations.CreateModel(
            name="PauseMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("due", models.PositiveIntegerField()),
                ("resumed", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="PersonOutcome",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("payer", models.PositiveSmallIntegerField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("came", "came or came back"),
                            ("new", "joined for the first time"),
                            ("voluntary", "left by choice"),
                            ("involuntary", "left by unpaid time"),
                            ("disputed", "left by a dispute"),
                            ("paused", "paused at the end"),
                            ("merged", "found to be another record of the same person"),
                            ("moved", "pays by another rhythm than before"),
                            ("raised", "raised"),
                            ("lowered", "lowered"),
                            ("came_went", "came and went within the month"),
                            ("ended_paused", "ended while paused"),
                        ],
                        max_length=12,
                    ),
                ),
                ("persons", models.SmallIntegerField()),
            ],
        ),
        migrations.RemoveIndex(
            model_name="movement",
            name="reports_movement_month",
        ),
        migrations.AddField(
            model_name="movement",
            name="counted_as",
            field=models.CharField(
                blank=True,
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
        migrations.AddField(
            model_name="movement",
            name="givers",
            field=models.SmallIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="personmonth",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("came", "came or came back"),
                    ("new", "joined for the first time"),
                    ("voluntary", "left by choice"),
                    ("involuntary", "left by unpaid time"),
                    ("disputed", "left by a dispute"),
                    ("paused", "paused at the end"),
                    ("merged", "found to be another record of the same person"),
                    ("moved", "pays by another rhythm than before"),
                    ("raised", "raised"),
                    ("lowered", "lowered"),
                    ("came_went", "came and went within the month"),
                    ("ended_paused", "ended while paused"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddIndex(
            model_name="movement",
            index=models.Index(fields=["month", "counted_as", "at", "id"], name="reports_movement_month"),
        ),
        migrations.AddConstraint(
            model_name="givermonth",
            constraint=models.UniqueConstraint(fields=("month", "currency"), name="reports_giver_once"),
        ),
        migrations.AddField(
            model_name="pauseend",
            name="change",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="members.membershipchange",
            ),
        ),
        migrations.AddField(
            model_name="pauseend",
            name="patron",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="personoutcome",
            name="patron",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="pauseend",
            index=models.Index(fields=["month", "change"], name="reports_pause_end"),
        ),
        migrations.AddIndex(
            model_name="personoutcome",
            index=models.Index(fields=["month", "outcome", "patron"], name="reports_person_outcome"),
        ),
        migrations.RunSQL("UPDATE reports_progress SET through = 0", ""),
    ]
