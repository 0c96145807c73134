from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("stories", "0001_initial")]

    operations = [
        migrations.AddConstraint(
            model_name="story",
            constraint=models.CheckConstraint(
                condition=Q(url__startswith="https://") | Q(url__startswith="http://"), name="story_is_a_page"
            ),
        ),
    ]
