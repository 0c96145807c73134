"""What the worker does with letters."""

from celery import shared_task

from letters import sending


@shared_task(name="letters.send_due")
def send_due() -> None:
    """Sends what is due. Carries nothing; runs when rung and every minute."""
    sending.send_due()
