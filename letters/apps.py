"""The room of letters."""

from django.apps import AppConfig


class LettersConfig(AppConfig):
    name = "letters"

    def ready(self) -> None:
        from anymail.signals import tracking

        from letters import bounces

        tracking.connect(bounces.hear, dispatch_uid="letters.bounces")
