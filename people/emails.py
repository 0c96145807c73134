"""The letters about somebody's data. Neither holds any of it."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from letters import outbox
from letters.printing import moment
from people.models import Erasure, Export, Merge


def export_ready(export: Export) -> None:
    """Where it can be fetched, and until when."""
    patron = export.patron
    outbox.write(
        occasion="export_ready",
        key=f"export_ready:{export.pk}",
        to=patron.email,
        language=patron.language,
        patron=patron,
        context={
            "facts": [(_("It can be fetched until"), moment(export.expires_at, patron.language))]
            if export.expires_at
            else [],
            "action": (_("Fetch your data"), f"{settings.SITE_URL}/account/privacy/"),
        },
    )


def records_merged(merge: Merge) -> None:
    """To both addresses, naming neither: whoever has but one of them learns that somebody else may sign in there."""
    for record in (merge.kept, merge.merged):
        outbox.write(
            occasion="records_merged",
            key=f"records_merged:{merge.pk}:{record.pk}",
            to=record.email,
            language=record.language,
            context={"action": (_("Sign in"), f"{settings.SITE_URL}/account/login/")},
            patron=merge.kept,
        )


def erased_key(erasure: Erasure) -> str:
    return f"erased:{erasure.pk}"


def erased(erasure: Erasure, to: str, language: str) -> None:
    """The last letter. Its address is forgotten as soon as it has left."""
    outbox.write(occasion="erased", key=erased_key(erasure), to=to, language=language, context={})
