from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sandbox", "0001_initial")]

    operations = [
        migrations.AddField(
            "config",
            "name",
            models.TextField(default="Sandbox newsroom", help_text="The account's name, as givers read it."),
        ),
        migrations.AddField(
            "config",
            "upcoming_days",
            models.IntegerField(default=7, help_text="How long before a renewal it is announced."),
        ),
        migrations.AlterField("config", "automatic_payouts", models.BooleanField(default=False)),
        migrations.RunSQL(
            "UPDATE sandbox_config SET automatic_payouts = false, name = 'Sandbox newsroom', upcoming_days = 7",
            migrations.RunSQL.noop,
        ),
    ]
