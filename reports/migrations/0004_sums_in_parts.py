"""Sums in parts of minor units: some are given every few months. They are made anew at the next look."""

from django.db import migrations, models

PLACES = {
    "movement": {"yearly_minor": "monthly_parts"},
    "movementmonth": {"yearly_minor": "monthly_parts"},
    "exposure": {"yearly_minor": "monthly_parts"},
    "originmonth": {"joined_yearly_minor": "joined_monthly_parts", "kept_yearly_minor": "kept_monthly_parts"},
}


class Migration(migrations.Migration):
    dependencies = [("reports", "0003_closed_months_and_proofs")]

    operations = [
        *(
            operation
            for model, names in PLACES.items()
            for old, new in names.items()
            for operation in (
                migrations.RenameField(model, old, new),
                migrations.AlterField(model, new, models.DecimalField(decimal_places=0, max_digits=40)),
            )
        ),
        migrations.RunSQL("UPDATE reports_progress SET through = 0", ""),
    ]
