"""The room of decisions."""

from django.apps import AppConfig


class VotingConfig(AppConfig):
    name = "voting"
