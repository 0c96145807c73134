import django.contrib.postgres.constraints
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("stories", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Ask",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=60, unique=True)),
                ("title", models.CharField(max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="Origin",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "story",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to="stories.story"
                    ),
                ),
                (
                    "ask",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to="asks.ask"
                    ),
                ),
                ("campaign", models.SlugField(blank=True, max_length=60)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("story", "ask", "campaign"), name="origin_once", nulls_distinct=False
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Goal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "what",
                    models.CharField(
                        choices=[("patrons", "active patrons"), ("monthly", "monthly sum")],
                        max_length=7,
                        verbose_name="what is counted",
                    ),
                ),
                ("target", models.PositiveBigIntegerField()),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("first_on", models.DateField(verbose_name="first day")),
                ("last_on", models.DateField(verbose_name="last day")),
            ],
            options={
                "ordering": ["-first_on"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("target__gt", 0)), name="goal_aims_at_something"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("currency", ""), ("what", "patrons")),
                            models.Q(("currency__regex", "^[A-Z]{3}$"), ("what", "monthly")),
                            _connector="OR",
                        ),
                        name="goal_of_money_has_a_currency",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("last_on__gte", models.F("first_on"))), name="goal_days_in_order"
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (models.Func("first_on", "last_on", models.Value("[]"), function="daterange"), "&&")
                        ],
                        name="one_goal_at_a_time",
                    ),
                ],
            },
        ),
    ]
