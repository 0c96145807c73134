"""What patrons agree to. A yes keeps the words that were shown; a no ends it and is as easy."""

import hashlib

from django.db import transaction

from members.models import Consent, Patron
from members.models.consent import Consented
from newsroom import clock


def give(patron: Patron, purpose: Consented, text: str, *, language: str = "") -> Consent:
    """Notes a yes to `text`, in the patron's language unless another is named. Asked twice, it stays the same yes.

    Other words than those agreed to before end that consent and begin a new one.
    """
    version = hashlib.sha256(text.encode()).hexdigest()[:12]
    with transaction.atomic():
        Patron.objects.select_for_update().get(pk=patron.pk)
        standing = Consent.objects.filter(patron=patron, purpose=purpose, withdrawn_at=None).first()
        if standing and standing.version == version:
            return standing
        withdraw(patron, purpose)
        return Consent.objects.create(
            patron=patron, purpose=purpose, text=text, version=version, language=language or patron.language
        )


def withdraw(patron: Patron, purpose: Consented) -> bool:
    """Ends it. Whether there was one."""
    standing = Consent.objects.filter(patron=patron, purpose=purpose, withdrawn_at=None)
    return bool(standing.update(withdrawn_at=clock.now()))


def stands(patron: Patron, purpose: Consented) -> bool:
    """Whether the patron agrees to it now."""
    return Consent.objects.filter(patron=patron, purpose=purpose, withdrawn_at=None).exists()
