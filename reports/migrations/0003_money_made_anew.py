"""The sums of money follow other rules: all of them are made anew when they are next followed."""

from typing import Any

from django.db import migrations


def begin_anew(apps: Any, _editor: Any) -> None:
    apps.get_model("reports", "Progress").objects.update(through=0)


class Migration(migrations.Migration):
    dependencies = [("reports", "0002_movements_by_kind")]

    operations = [migrations.RunPython(begin_anew, migrations.RunPython.noop)]
