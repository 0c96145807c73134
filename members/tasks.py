"""What time brings: sign-ins are answered, gift memberships are delivered and end, codes and sessions are forgotten."""

from celery import shared_task

from members import addresses, codes, gifts, grants, sessions, sign_ins


@shared_task(name="members.answer_sign_ins")
def answer_sign_ins() -> None:
    """Carries nothing; runs when rung and every minute."""
    sign_ins.answer_due()


@shared_task(name="members.forget_old")
def forget_old() -> None:
    codes.forget_old()
    sessions.forget_old()
    addresses.forget_old()


@shared_task(name="members.deliver_gift_memberships")
def deliver_gift_memberships() -> None:
    gifts.deliver_due()


@shared_task(name="members.end_gift_memberships")
def end_gift_memberships() -> None:
    gifts.end_due()
    grants.end_due()
    gifts.warn_of_endings()
    gifts.forget_due()
