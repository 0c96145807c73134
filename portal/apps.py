"""The room of the patron's own pages."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"
