"""The room of the articles."""

from django.apps import AppConfig


class StoriesConfig(AppConfig):
    name = "stories"
