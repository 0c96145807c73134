import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("voting", "0006_failure_and_sweeping"),
    ]

    operations = [
        migrations.AddField(
            model_name="topicchange",
            name="instead_of",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replacement",
                to="voting.topic",
            ),
        ),
    ]
