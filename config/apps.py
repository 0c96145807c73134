"""Makes the assembling commands findable, and Celery's app the current one in every process."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import celery  # noqa: F401  the import itself makes the app current
