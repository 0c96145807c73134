"""The room of patrons and memberships."""

from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "members"
