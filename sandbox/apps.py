"""The sandbox as a Django app."""

import importlib
import pkgutil

from django.apps import AppConfig


class SandboxConfig(AppConfig):
    """Stands apart from the product: own tables, own URLconf, own process."""

    name = "sandbox"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import every noun of the API, so that its endpoints, verbs and pages are registered."""
        from . import api

        for module in pkgutil.iter_modules(api.__path__):
            importlib.import_module(f"{api.__name__}.{module.name}")
