from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("newsroom", "0002_clock_and_row")]

    operations = [
        migrations.AddField(
            model_name="newsroom",
            name="bank_details",
            field=models.TextField(
                blank=True, max_length=1000, verbose_name="bank account for transfers, as readers see it"
            ),
        ),
    ]
