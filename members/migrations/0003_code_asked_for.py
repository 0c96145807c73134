"""What the letter of a sign-in is written from, until a worker has written it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0002_records_merged"),
    ]

    operations = [
        migrations.AddField(
            model_name="mailedcode",
            name="asked",
            field=models.TextField(db_default="", default=""),
        ),
        migrations.AddIndex(
            model_name="mailedcode",
            index=models.Index(
                models.F("made_at"), condition=models.Q(("asked", ""), _negated=True), name="code_without_its_letter"
            ),
        ),
    ]
