"""The room of one person across all others."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "people"
