"""What must hold of merged records; collected by `manage.py books`."""

from members.models import Membership, Patron
from payments.models import Donation


def resting() -> str:
    """A record that was merged into another has a gift or a membership, or holds another record."""
    rests = Patron.objects.exclude(merged_into=None)
    found = [f"{model.__name__} {row.pk}" for model in (Donation, Membership)
             for row in model.objects.filter(patron__in=rests)[:1]]  # fmt: skip
    found += [f"patron {row.pk}" for row in rests.exclude(merged_into__merged_into=None)[:1]]
    return f"a merged record is not at rest: {', '.join(found)}" if found else ""


# By the id under which `books` prints it: a function that returns what is wrong, in words, or an empty text.
INVARIANTS = {"people.merged_rest": resting}
