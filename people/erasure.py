"""Forgetting a person: billing ends, Stripe's customer goes, then every room forgets. Money stays, about nobody.

Each step is dated when it is done (`Erasure`), so a worker that dies, or a Stripe that is away, is taken up again where
it stopped. Asked twice or by two workers at once, it happens once.
"""

import hashlib
import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

import structlog
from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from letters import privacy as letters
from letters.models import Letter, StoppedAddress
from members import addresses, tombstones
from members.models import GiftMembership, Patron, Tombstone
from newsroom import bell, bookkeeping, clock
from payments import checkout, customers, gateway, locks, wishes, wording
from payments import privacy as money
from payments.models import Donation, Payment, Watermark
from payments.models.donation import DonationState
from people import emails, erased_file, privacy
from people.models import Erasure

log = structlog.get_logger(__name__)

# Nobody is told twice that they were erased.
AFTER_RESTORE = {"after_restore": 1}


class WorksHere(Exception):
    """Staff lose their role first, so that nobody erases whom the log names as its author by mistake."""

    @property
    def sentence(self) -> str:
        return _("You work here: an admin takes your role away first, then you can be erased.")


@dataclass(frozen=True, slots=True)
class Plan:
    """What an erasure would do now. `ends` are running gifts in words; `kept_through` is None if no money came."""

    ends: list[str]
    letters: int
    gift_memberships: int
    payments: int
    kept_through: date | None
    years: int


def plan(patron: Patron, language: str) -> Plan:
    """What goes and what stays, until when."""
    received = Payment.objects.received().filter(donation__patron=patron)
    newest = received.aggregate(at=Max("paid_at"))["at"]
    return Plan(
        ends=[wording.rhythm(gift, language) for gift in Donation.objects.running().filter(patron=patron)],
        letters=Letter.objects.filter(patron__in=patron.selves()).count(),
        gift_memberships=GiftMembership.objects.filter(buyer=patron).count(),
        payments=received.count(),
        kept_through=bookkeeping.kept_through(clock.day(newest)) if newest else None,
        years=bookkeeping.years(),
    )


def ask(patron: Patron) -> Erasure:
    """Notes the wish and wakes a worker. Asked again, it is the same wish. Raises WorksHere or erased_file.Unwritable.

    The letter `erased` follows when it is done.
    """
    if patron.is_staff:
        raise WorksHere
    erased_file.examine()
    erasure = Erasure.objects.get_or_create(patron=patron)[0]
    transaction.on_commit(lambda: bell.ring("people.carry_on"))
    return erasure


def erase(patron: Patron) -> Erasure:
    """Goes as far as it can now, and on from where it stopped. Returns the row: `erased_at` is None if not done yet.

    Stripe away or busy: nothing is pretended, it is taken up again. Call it outside a transaction.
    """
    erasure: Erasure = Erasure.objects.get(patron=patron)
    try:
        with locks.exclusive(f"erasure:{patron.pk}"):
            erasure.refresh_from_db()
            if erasure.erased_at is None:
                _end_billing(erasure)
                _leave_stripe(erasure)
                _forget(erasure)
    except (locks.Busy, gateway.GatewayError, checkout.StripeAway, erased_file.Unwritable) as error:
        log.warning("erasure_waits", erasure=erasure.pk, error=type(error).__name__)
    return erasure


def carry_on() -> int:
    """Everything that is left to do of any erasure, and what came late. Returns how many people were erased.

    Whoever stands in the file of the erased and is in the database again (it was restored) is erased again.
    """
    remember()
    erased = 0
    for erasure in Erasure.objects.unfinished().select_related("patron").order_by("pk"):
        if erasure.erased_at is None:
            erased += erase(erasure.patron).erased_at is not None
        _forget_farewell(erasure)
    for patron in _written_again():
        _again(patron)
    _strip_late()
    _lift_stops()
    return erased


def remember() -> int:
    """Brings tombstones from the file into the database, and asks to erase again whoever is back. Returns how many are.

    They are back when an older copy of the database was restored.
    """
    known = set(Tombstone.objects.values_list("person_hash", flat=True))
    missing = {line.person_hash: line for line in erased_file.lines() if line.person_hash not in known}
    if not missing:
        return 0
    back = 0
    for patron in Patron.objects.filter(erased_at=None).iterator():
        if line := missing.pop(tombstones.person_hash(patron), None):
            _erasure, is_new = Erasure.objects.get_or_create(patron=patron, defaults={"proof": AFTER_RESTORE})
            if is_new:
                back += 1
                log.warning("erased_again_after_restore", patron=patron.pk, erased_at=line.erased_at.isoformat())
    for line in missing.values():
        Tombstone.objects.get_or_create(
            person_hash=line.person_hash, defaults={"address_hash": line.address_hash, "erased_at": line.erased_at}
        )
    return back


def note_redaction(erasure: Erasure) -> None:
    """That staff have had Stripe redact what it keeps. The first time counts."""
    Erasure.objects.filter(pk=erasure.pk, redacted_at=None).update(redacted_at=clock.now())


# -- the steps -------------------------------------------------------------------------------------------------------


def _end_billing(erasure: Erasure) -> None:
    if erasure.billing_ended_at:
        return
    _stop(erasure.patron)
    _done(erasure, "billing_ended_at")


def _selves(patron: Patron) -> list[Patron]:
    """The same person under each address that was theirs, so that nothing stays behind under an old one.

    That of a record which was merged into theirs is one too; last come these records themselves.
    """
    merged = [row for row in patron.selves() if row.pk != patron.pk]
    known = [(former, patron.name) for former in addresses.former(patron)]
    for row in merged:
        known += [(row.email, row.name), *((former, row.name) for former in addresses.former(row))]
    return [patron, *(Patron(pk=patron.pk, email=email, name=name) for email, name in known), *merged]


def _stop(patron: Patron) -> None:
    """No running subscription, no payment page left open."""
    for donation in Donation.objects.running().filter(patron=patron).order_by("pk"):
        wishes.cancel_now(donation)
    for self in _selves(patron):
        for donation in money.donations_of(self).filter(state=DonationState.OPEN):
            checkout.give_up(donation)


def _leave_stripe(erasure: Erasure) -> None:
    if erasure.stripe_deleted_at:
        return
    _delete_customers(erasure.patron)
    _done(erasure, "stripe_deleted_at")


def _delete_customers(patron: Patron) -> None:
    seen: set[str] = set()
    for self in _selves(patron):
        for donation in money.donations_of(self).exclude(customer="").order_by("pk"):
            if donation.customer not in seen:
                customers.delete(donation)
                seen.add(donation.customer)


def _done(erasure: Erasure, step: str) -> None:
    setattr(erasure, step, clock.now())
    erasure.save(update_fields=[step])


def _forget(erasure: Erasure) -> None:
    """Every room forgets in one transaction; before it, the file outside the database remembers."""
    now = clock.now()
    patron = Patron.objects.get(pk=erasure.patron_id)
    selves = _selves(patron)
    lines = [
        erased_file.Line(now, tombstones.person_hash(self), tombstones.address_hash(self.email)) for self in selves
    ]
    for line in lines:
        erased_file.add(line)
    with transaction.atomic():
        Patron.objects.select_for_update().get(pk=patron.pk)
        is_restored, erasure.proof = erasure.proof == AFTER_RESTORE, erasure.proof | _forget_everywhere(selves, now)
        for line in lines:
            Tombstone.objects.update_or_create(
                person_hash=line.person_hash,
                defaults={"address_hash": line.address_hash, "patron": patron, "erased_at": now},
            )
        erasure.erased_at = now
        erasure.digest = _digest(erasure)
        erasure.save(update_fields=["proof", "digest", "erased_at"])
        if not is_restored:
            emails.erased(erasure, patron.email, patron.language)
    log.info("erased", erasure=erasure.pk)


def _forget_everywhere(selves: list[Patron], now: datetime) -> dict[str, int]:
    """How many rows of what were changed, by room."""
    done: Counter[str] = Counter()
    for self in selves:
        for room in privacy.rooms():
            if hasattr(room, "erase"):
                name = room.__name__.partition(".")[0]
                done.update({f"{name}.{what}": count for what, count in room.erase(self, now).items()})
    return dict(done)


def _digest(erasure: Erasure) -> str:
    steps = (erasure.asked_at, erasure.billing_ended_at, erasure.stripe_deleted_at, erasure.erased_at)
    said = [erasure.patron_id, [step.isoformat() for step in steps if step], erasure.proof]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _forget_farewell(erasure: Erasure) -> None:
    """The last letter's address goes once it has left, or was refused for good."""
    if erasure.erased_at is None:
        return
    over = Letter.objects.filter(key=emails.erased_key(erasure), state__in=letters.OVER).update(**letters.EMPTY)
    if over or not Letter.objects.filter(key=emails.erased_key(erasure)).exists():
        _done(erasure, "told_at")


# -- what comes late -------------------------------------------------------------------------------------------------


def _written_again() -> list[Patron]:
    """The erased to whom something was added since: a subscription heard of late, words of a form then under way."""
    theirs = Donation.objects.filter(patron__erased_at__isnull=False)
    named = theirs.exclude(email="", name="", message="", checkout_url="").values("patron")
    running = Donation.objects.running().filter(patron__erased_at__isnull=False).values("patron")
    return list(Patron.objects.filter(Q(pk__in=named) | Q(pk__in=running)))


def _again(patron: Patron) -> None:
    """The same steps once more, for what came late."""
    with suppress(locks.Busy, gateway.GatewayError, checkout.StripeAway), locks.exclusive(f"erasure:{patron.pk}"):
        _stop(patron)
        _delete_customers(patron)
        with transaction.atomic():
            money.erase(patron, clock.now())


def _strip_late() -> None:
    """What Stripe told of the erased since the last look loses what says who. Ten minutes overlap: commits overtake."""
    if not Tombstone.objects.exists():
        return
    begun = clock.now()
    mark = Watermark.objects.filter(name="erased").first()
    money.strip_late(since=mark.at if mark else None)
    Watermark.objects.update_or_create(name="erased", defaults={"at": begun})


def _lift_stops() -> None:
    """That the address of somebody erased refused the last letter, or as a provider tells later, is not kept."""
    nobodys = StoppedAddress.objects.exclude(address__in=Patron.objects.values("email"))
    hashes = {tombstones.address_hash(stop.address): stop.pk for stop in nobodys}
    erased = Tombstone.objects.filter(address_hash__in=hashes).values_list("address_hash", flat=True)
    StoppedAddress.objects.filter(pk__in=[hashes[one] for one in erased]).delete()
