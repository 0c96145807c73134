"""`Patron`: the account of a person who supports the newsroom, or works in it."""

import secrets
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from members.models.address_change import UNDO_LASTS
from newsroom import clock


def _nonce() -> str:
    return secrets.token_urlsafe(16)


class Role(models.TextChoices):
    """What a member of staff may see and do; see members/roles.py."""

    EDITOR = "editor", _("editor")
    FINANCE = "finance", _("finance")
    SUPPORT = "support", _("support")
    ADMIN = "admin", _("admin")


class Language(models.TextChoices):
    """The languages of pages and letters."""

    EN = "en", _("English")
    UK = "uk", _("Ukrainian")


class PatronManager(BaseUserManager["Patron"]):
    """Finds patrons by their address, however it is capitalised."""

    def get_by_natural_key(self, email: str | None) -> "Patron":
        return self.get(email__iexact=(email or "").strip())

    def for_email(self, email: str, *, language: str, name: str = "") -> "Patron":
        """The patron of this address, made if there is none. Safe to run in parallel.

        An address that its patron may still come back to stays theirs, lest somebody else's account bars the way.
        The name of an existing patron is left alone: whoever types an address has not shown that it is theirs.
        """
        email = email.strip().lower()
        moved = None if self.filter(email=email).exists() else self._moved_from(email)
        return self.standing(moved or self.get_or_create(email=email, defaults={"language": language, "name": name})[0])

    def standing(self, patron: "Patron") -> "Patron":
        """The record that stands for this one: itself, or that into which it was merged.

        Held until the caller's transaction ends, so that no merge comes between this look and what is written then.
        """
        with transaction.atomic():
            row = self.select_for_update(no_key=True).get(pk=patron.pk)
            return row if row.merged_into_id is None else self.get(pk=row.merged_into_id)

    def known_by(self, email: str) -> "Patron | None":
        """Who signs in by this address (in lower case): also by that of a record that was merged into theirs."""
        found = self.select_related("merged_into").filter(email=email).first()
        patron = (found.merged_into or found) if found else None
        return patron if patron and patron.is_active else None

    def _moved_from(self, email: str) -> "Patron | None":
        return self.filter(
            address_changes__before=email,
            address_changes__undone_at=None,
            address_changes__confirmed_at__gt=clock.now() - UNDO_LASTS,
        ).first()


class Patron(AbstractBaseUser):
    """A person who supports the newsroom, or works in it. Known by an e-mail address; nobody has a password."""

    password = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=100, blank=True)
    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.EN)
    # Groups of letters (letters/occasions.py) that this patron does without.
    declined_letters = ArrayField(models.CharField(max_length=20), default=list, db_default=[], blank=True)
    wants_neutral_letters = models.BooleanField(_("neutral letters"), default=False, db_default=False)
    role = models.CharField(_("role"), max_length=10, choices=Role, blank=True)
    is_active = models.BooleanField(_("may sign in"), default=True)
    # Part of every session's fingerprint: a new value signs the account out everywhere.
    session_nonce = models.CharField(max_length=32, default=_nonce, editable=False)
    created_at = models.DateTimeField(db_default=clock.Now(), editable=False)
    # The row of somebody who was erased stays, so that money keeps its thread; it says nothing of them any more.
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The record of the same person that stands in place of this one (people/merge.py); it rests in no other itself.
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="merged"
    )

    objects: ClassVar[PatronManager] = PatronManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="patron_address_once"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="patron_address_in_lower_case"),
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(email__endswith=".invalid", name="", role="", is_active=False),
                name="patron_erased_says_nothing",
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | Q(role="", is_active=False) & ~Q(merged_into=F("id")),
                name="patron_merged_rests",
            ),
        ]

    def __str__(self) -> str:
        return f"patron {self.pk}"

    def selves(self) -> "list[Patron]":
        """This record and those that were merged into it."""
        return [self, *self.merged.order_by("pk")]

    @property
    def is_staff(self) -> bool:
        """Works in the newsroom, and therefore needs a second factor before any staff page."""
        return bool(self.role)

    @property
    def is_superuser(self) -> bool:
        return self.role == Role.ADMIN

    def has_perm(self, perm: str, obj: object = None) -> bool:  # noqa: ARG002  Django's signature
        """For the stock admin: admins may everything, support may look."""
        return self.is_active and (self.is_superuser or (self.role == Role.SUPPORT and ".view_" in perm))

    def has_module_perms(self, app_label: str) -> bool:  # noqa: ARG002  Django's signature
        return self.is_active and self.role in {Role.ADMIN, Role.SUPPORT}

    def has_usable_password(self) -> bool:
        return False

    def get_session_auth_hash(self) -> str:
        return salted_hmac(
            "members.session", f"{self.session_nonce}:{self.is_active}:{self.role}", algorithm="sha256"
        ).hexdigest()

    def sign_out_everywhere(self) -> None:
        """Ends every session of this account at its next request."""
        self.session_nonce = _nonce()
        self.save(update_fields=["session_nonce"])
