"""What must hold of the outbox; collected by `manage.py books`."""

from letters.models import CLAIM_LASTS, Letter, LetterState
from newsroom import clock


def delivered() -> str:
    """Letters that should have gone out a day ago and did not, in words; empty if there are none.

    A refused letter is not counted: it is known, and staff see it.
    """
    late = clock.now() - 96 * CLAIM_LASTS
    stuck = Letter.objects.filter(state__in=[LetterState.QUEUED, LetterState.SENDING], created_at__lt=late).count()
    return f"{stuck} letters have been waiting for more than a day" if stuck else ""


# By the id under which `books` prints it: a function that returns what is wrong, in words, or an empty text.
INVARIANTS = {"letters.delivered": delivered}
