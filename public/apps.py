"""The room of the reader's pages. It has no models."""

from django.apps import AppConfig


class PublicConfig(AppConfig):
    name = "public"
