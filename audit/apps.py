"""The room of the staff's log."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "audit"
