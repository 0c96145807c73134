"""What must hold of the staff's log; collected by `manage.py books`."""

from audit.log import FIRST
from audit.models import StaffAction


def chain() -> str:
    """The first link that does not fit, in words; empty if the whole chain holds.

    Finds a changed, removed or inserted link. Links cut off at the end show only against a copy kept elsewhere.
    """
    previous = FIRST
    for link in StaffAction.objects.order_by("id").iterator(chunk_size=2000):
        if link.previous_hash != previous:
            return f"the link before staff action {link.pk} is missing or was put in"
        if link.hash != link.computed_hash():
            return f"staff action {link.pk} was changed"
        previous = link.hash
    return ""


# By the id under which `books` prints it: a function that returns what is wrong, in words, or an empty text.
INVARIANTS = {"audit.chain": chain}
