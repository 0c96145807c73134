"""What the newsroom aims at, one goal at a time."""

from datetime import date

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from asks.models import Goal
from audit import log


class GoalsOverlap(Exception):
    """Another goal holds on some of these days."""

    @property
    def sentence(self) -> str:
        return _("Another goal holds on some of these days.")


def aim(actor: AbstractBaseUser, *, what: str, target: int, currency: str, first_on: date, last_on: date) -> Goal:
    """Sets a goal and logs it. `target` in persons, or minor units a month. Raises GoalsOverlap."""
    try:
        with transaction.atomic():
            goal = Goal.objects.create(
                what=what, target=target, currency=currency, first_on=first_on, last_on=last_on
            )  # fmt: skip
            log.record(
                actor, "goal.set", target=f"goal:{goal.pk}", what=what, aim=target, currency=currency,
                first_on=first_on, last_on=last_on,
            )  # fmt: skip
    except IntegrityError as error:
        if Goal.objects.filter(first_on__lte=last_on, last_on__gte=first_on).exists():
            raise GoalsOverlap from error
        raise
    return goal


def drop(actor: AbstractBaseUser, number: int) -> None:
    """Takes a goal back and logs it; one that is not there changes nothing."""
    with transaction.atomic():
        if Goal.objects.filter(pk=number).delete()[0]:
            log.record(actor, "goal.drop", target=f"goal:{number}")


def on(day: date) -> Goal | None:
    """The one that holds on a day."""
    return Goal.objects.filter(first_on__lte=day, last_on__gte=day).first()
