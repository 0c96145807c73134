import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [("newsroom", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Hit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("gate", models.CharField(max_length=40)),
                ("key_hash", models.CharField(max_length=64)),
                ("moments", django.contrib.postgres.fields.ArrayField(base_field=models.DateTimeField(), size=None)),
                ("forget_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("gate", "key_hash"), name="hit_once_per_gate_and_key")],
            },
        ),
        # The table of Django's DatabaseCache, in which the sign-in pages keep their counts (settings.CACHES); made here
        # so that `migrate` is all that an installation needs.
        migrations.RunSQL(
            """
            CREATE TABLE IF NOT EXISTS limits_cache (
                cache_key varchar(255) NOT NULL PRIMARY KEY,
                value text NOT NULL,
                expires timestamp with time zone NOT NULL
            );
            CREATE INDEX IF NOT EXISTS limits_cache_expires ON limits_cache (expires);
            """,
            "DROP TABLE limits_cache",
        ),
    ]
