"""`Session`: what a signed-in browser is known by, with whose it is, so that a patron sees their own and ends them."""

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models


class Session(AbstractBaseSession):
    """Django's row of a session, and whose it is. No network address and no user agent is kept in it."""

    patron = models.ForeignKey("members.Patron", on_delete=models.CASCADE, null=True, related_name="sessions")

    class Meta(AbstractBaseSession.Meta):
        verbose_name, verbose_name_plural = "session", "sessions"

    @classmethod
    def get_session_store_class(cls) -> "type[SessionStore]":
        return SessionStore


class SessionStore(db.SessionStore):
    """Django's sessions in the database, with whose they are beside them."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row: Session = super().create_model_instance(data)  # type: ignore[assignment]  # of the class above
        row.patron_id = data.get("_auth_user_id")
        return row
