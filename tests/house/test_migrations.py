"""The models are what the migrations make."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

ROOMS = [app.label for app in apps.get_app_configs() if (app.path + "/").find("/.venv/") < 0 and app.models_module]


@pytest.mark.database
def test_no_migration_is_missing(db: None, capsys: pytest.CaptureFixture[str]):
    call_command("makemigrations", "--check", "--dry-run")
    assert "No changes detected" in capsys.readouterr().out


@pytest.mark.database
def test_every_table_of_ours_exists(db: None):
    tables = set(connection.introspection.table_names())
    ours = {model._meta.db_table for label in ROOMS for model in apps.get_app_config(label).get_models()}
    assert ours
    assert ours <= tables
