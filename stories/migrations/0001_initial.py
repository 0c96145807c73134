from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Story",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.URLField(max_length=500, unique=True)),
                ("title", models.CharField(blank=True, max_length=300)),
                ("published_on", models.DateField(blank=True, null=True)),
            ],
            options={
                "verbose_name_plural": "stories",
            },
        ),
    ]
