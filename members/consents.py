"""What patrons agree to. A yes keeps the words that were shown; a no ends it and is as easy."""

import hashlib
from datetime import datetime

from django.db import transaction

from members.models import Consent, Patron
from members.models.consent import Consented
from newsroom import clock


def give(patron: Patron, purpose: Consented, text: str, *, language: str = "") -> Consent:
    """Notes a yes to `text`, in the patron's language unless another is named. Asked twice, it stays the same yes.

    Other words than those agreed to before end that consent and begin a new one.
    """
    yes = made(patron, purpose, text, language=language)
    with transaction.atomic():
        Patron.objects.select_for_update().get(pk=patron.pk)
        standing = Consent.objects.filter(patron=patron, purpose=purpose, withdrawn_at=None).first()
        if standing and standing.version == yes.version:
            return standing
        withdraw(patron, purpose)
        yes.save()
    return yes


def made(
    patron: Patron, purpose: Consented, text: str, *, language: str = "", given_at: datetime | None = None
) -> Consent:
    """The row of a yes, not written yet: given now, unless a past is being invented (`manage.py seed`)."""
    version = hashlib.sha256(text.encode()).hexdigest()[:12]
    when = {"given_at": given_at} if given_at else {}
    return Consent(
        patron=patron, purpose=purpose, text=text, version=version, language=language or patron.language, **when
    )


def withdraw(patron: Patron, purpose: Consented) -> bool:
    """Ends it. Whether there was one."""
    standing = Consent.objects.filter(patron=patron, purpose=purpose, withdrawn_at=None)
    return bool(standing.update(withdrawn_at=clock.now()))


def stands(patron: Patron, purpose: Consented) -> bool:
    """Whether the patron agrees to it now."""
    return Consent.objects.filter(patron=patron, purpose=purpose, withdrawn_at=None).exists()
