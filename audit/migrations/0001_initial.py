import django.core.serializers.json
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [("newsroom", "0001_initial"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            name="StaffAction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="staff_actions",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="who",
                    ),
                ),
                ("action", models.CharField(max_length=60, verbose_name="what")),
                ("target", models.CharField(blank=True, max_length=100, verbose_name="about")),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                (
                    "facts",
                    models.JSONField(
                        default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="details"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="when")),
                ("previous_hash", models.CharField(max_length=64, unique=True)),
                ("hash", models.CharField(max_length=64, unique=True)),
            ],
            options={"ordering": ["id"]},
        ),
        migrations.RunSQL(
            """
            CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'the staff log only grows: % refused', TG_OP USING ERRCODE = 'restrict_violation';
            END $$;
            CREATE TRIGGER staff_action_only_grows BEFORE UPDATE OR DELETE ON audit_staffaction
                FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
            CREATE TRIGGER staff_action_is_not_emptied BEFORE TRUNCATE ON audit_staffaction
                FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
            ALTER TABLE audit_staffaction ENABLE ALWAYS TRIGGER staff_action_only_grows;
            ALTER TABLE audit_staffaction ENABLE ALWAYS TRIGGER staff_action_is_not_emptied;
            """,
            "DROP FUNCTION audit_refuse_change() CASCADE",
        ),
    ]
