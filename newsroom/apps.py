"""The room of the newsroom's own row."""

from django.apps import AppConfig


class NewsroomConfig(AppConfig):
    name = "newsroom"
