"""Forgetting by time: what nobody needs any more goes without anybody asking. Safe to run twice, also at once."""

from datetime import datetime, timedelta

import structlog
from django.db.models import Exists, Max, OuterRef, Q

from letters import privacy as letters
from members.models import Patron
from newsroom import bookkeeping, clock
from newsroom.models import Newsroom
from payments import bank_imports
from payments import privacy as money
from payments.models import Donation
from people import erased_file, erasure, exports

log = structlog.get_logger(__name__)


def run() -> dict[str, int]:
    """Everything whose time is over: what was done, in numbers."""
    months = Newsroom.current().retention_months
    old = clock.start_of(clock.months_later(clock.today(), -months))
    done = {
        "events": money.strip_before(old),
        "letters": letters.empty_before(old),
        "stopped_addresses": letters.forget_stops(old, known=Patron.objects.values("email")),
        "unfinished": money.forget_unfinished(clock.now() - timedelta(days=30)),
        "givers": money.forget_givers(_books_closed()),
        "bank_files": bank_imports.forget_forgotten(),
        "exports": exports.forget_expired(),
        "people": _ask_for_the_forgotten(_books_closed()),
    }
    log.info("retention", **done)
    return done


def _books_closed() -> datetime:
    """Records of money from before this moment are asked for by no law any more."""
    today = clock.today()
    return clock.start_of(today.replace(year=today.year - bookkeeping.years(), month=1, day=1))


def _ask_for_the_forgotten(before: datetime) -> int:
    """Whoever gave nothing and did not sign in since then is erased like one who asks."""
    giving = Donation.objects.running().values("patron")
    idle = Patron.objects.annotate(paid=Max("donations__payments__paid_at")).filter(
        Q(paid=None) | Q(paid__lt=before), Q(last_login=None) | Q(last_login__lt=before),
        created_at__lt=before, role="", erased_at=None, erasure=None, merged_into=None,
    )  # fmt: skip
    asked = 0
    seen = Patron.objects.filter(last_login__gte=before).values("merged_into")  # under another address of theirs
    for patron in (
        idle.exclude(pk__in=giving).exclude(Exists(seen.filter(merged_into=OuterRef("pk")))).order_by("pk")[:1000]
    ):
        try:
            erasure.ask(patron)
        except erased_file.Unwritable as refusal:
            log.error("nobody_erased", error=str(refusal))
            break
        asked += 1
    return asked
