"""What the staff's log holds of people. Its chain cannot be changed, so it names rows and never a person."""

from typing import TYPE_CHECKING, Any

from audit.models import StaffAction

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

NOT_PERSONAL = {
    # `reason` is what staff type: the page asks them to name nobody there.
    "StaffAction": "action target reason facts previous_hash hash",
}


def rows(patron: "AbstractBaseUser") -> dict[str, Any]:
    """What staff did about a patron, without who of the staff it was."""
    about = StaffAction.objects.filter(target=f"patron:{patron.pk}")
    return {"staff_actions": list(about.values("at", "action", "reason", "facts"))}
