"""Two records of one person become one, and can be two again. One record is kept; the other rests in it.

What a person gives, has and says goes over to the kept record. Letters, the staff's log and the rolls of rounds are
history and stay where they are; export and erasure look at both. The resting record is never written to again: its
address and its customers at Stripe lead to the kept one (`Patron.objects.standing`, `known_by`), and the database
refuses it a gift or a membership.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.db import models, transaction
from django.db.models import Q, QuerySet

from audit import log
from members import memberships, sessions
from members.models import AddressChange, EndReason, GiftMembership, Membership, Patron
from newsroom import clock
from payments import donations, emails
from payments.models import Donation
from people import emails as letters
from people import merge_plan
from people.models import Export, Merge
from voting import merging

TRIES = 5


class _Changed(Exception):
    """A gift came while the rows were being held."""


def merge(kept: Patron, merged: Patron, *, reason: str, actor: Patron) -> Merge:
    """Puts `merged` into `kept`, in one transaction; logged. Raises a merge_plan.Refusal or merging.BallotNotFound.

    The letter records_merged goes to both addresses. A second running subscription of the two waits for its giver's
    decision, by the letter second_subscription.
    """
    merge_plan.remembered(kept, merged)  # an erasure holds the same rows the other way round
    return _held(kept, merged, lambda held: _merge(*held, reason=reason, actor=actor))


def undo(done: Merge, *, reason: str, actor: Patron) -> Merge:
    """Takes the two apart again, in one transaction; logged. Raises a merge_plan.Refusal. Twice changes nothing.

    What the merge moved goes back, a membership that it ended returns if its gift still runs. What came since stays
    with the kept record, and so does a ballot that went over; one that was taken out, whichever record's, is gone.
    """
    merge_plan.remembered(done.kept, done.merged)
    return _held(done.kept, done.merged, lambda held: _undo(done, *held, reason=reason, actor=actor))


# -- holding ---------------------------------------------------------------------------------------------------------

Held = tuple[Patron, Patron, list[Any]]


def _held(kept: Patron, merged: Patron, act: Callable[[Held], Merge]) -> Merge:
    """Does it with everything held that could change meanwhile; tried again if a gift came while that was collected.

    In the order in which votes and money take them: rounds, donations, gift memberships, both records by number.
    Whoever writes for one of the two from then on waits, and finds the kept record (or, undone, the former one).
    """
    pks = [kept.pk, merged.pk]
    for _try in range(TRIES):
        with suppress(_Changed), transaction.atomic():
            rounds = list(merging.unclosed().select_for_update())
            given = _numbers(Donation.objects.filter(patron__in=pks).order_by("pk").select_for_update())
            gifts = GiftMembership.objects.filter(Q(buyer__in=pks) | Q(membership__patron__in=pks)).order_by("pk")
            _numbers(gifts.select_for_update(of=("self",)))
            people = {row.pk: row for row in Patron.objects.filter(pk__in=pks).order_by("pk").select_for_update()}
            if set(_numbers(Donation.objects.filter(patron__in=pks))) != set(given):
                raise _Changed
            return act((people[kept.pk], people[merged.pk], rounds))
    raise merge_plan.Busy


def _numbers(rows: "QuerySet[Any, Any]") -> list[int]:
    return [row.pk for row in rows.only("pk")]


# -- merging ---------------------------------------------------------------------------------------------------------


def _merge(kept: Patron, merged: Patron, rounds: list[Any], *, reason: str, actor: Patron) -> Merge:
    merge_plan.examine(kept, merged)
    merging.unite(rounds, kept, merged)
    ends = list(merge_plan.ending(kept, merged))
    seconds = list(merge_plan.seconds(ends))
    moved = {model._meta.label: _move(rows, model, kept) for model, rows in merge_plan.going(kept, merged)}
    theirs = list(Membership.objects.filter(patron=merged).order_by("pk"))
    for membership in theirs:
        memberships.hand_over(membership, kept)
    moved[Membership._meta.label] = [membership.pk for membership in theirs]
    made = Merge.objects.create(
        kept=kept,
        merged=merged,
        actor=actor,
        reason=reason,
        moved=moved,
        made_neutral=merge_plan.makes_neutral(kept, merged),
    )
    _rest(merged, kept)
    if made.made_neutral:
        kept.wants_neutral_letters = True
        kept.save(update_fields=["wants_neutral_letters"])
    letters.records_merged(made)
    _tell_of_seconds(seconds)
    counts = {label: len(pks) for label, pks in moved.items() if pks}
    log.record(actor, "patron.merge", target=f"patron:{kept.pk}", reason=reason, merged=merged.pk, moved=counts)
    return made


def _move(rows: "QuerySet[Any, Any]", model: type[models.Model], to: Patron) -> list[int]:
    pks = _numbers(rows)
    model._default_manager.filter(pk__in=pks).update(**{merge_plan.field_of(model): to})
    return pks


def _tell_of_seconds(seconds: Iterable[Donation]) -> None:
    """From now on they are as any second subscription: without a membership until their giver decides."""
    for donation in Donation.objects.filter(pk__in=[one.pk for one in seconds]).select_related("patron"):
        donation.is_second = True
        donation.save(update_fields=["is_second"])
        emails.second_subscription(donation)


def _rest(merged: Patron, kept: Patron) -> None:
    """Signed out, and found only through the kept record. What was under way under its name is over."""
    sessions.end_all(merged)
    AddressChange.objects.filter(patron=merged, confirmed_at=None).delete()
    Export.objects.filter(patron=merged).delete()
    merged.merged_into, merged.is_active = kept, False
    merged.save(update_fields=["merged_into", "is_active"])


# -- undoing ---------------------------------------------------------------------------------------------------------


def _undo(done: Merge, kept: Patron, merged: Patron, _rounds: list[Any], *, reason: str, actor: Patron) -> Merge:
    row = Merge.objects.select_for_update().get(pk=done.pk)
    if row.undone_at:
        return row
    merge_plan.remembered(kept, merged)
    if Merge.objects.standing().filter(kept=kept, pk__gt=row.pk).exists():
        raise merge_plan.NotTheLatest
    merged.merged_into, merged.is_active = None, True
    merged.save(update_fields=["merged_into", "is_active"])
    for model in (*merge_plan.GOES, *merge_plan.GOES_WHERE_NONE_IS):
        rows = model._default_manager.filter(pk__in=row.moved[model._meta.label], **{merge_plan.field_of(model): kept})
        rows.update(**{merge_plan.field_of(model): merged})
    for membership in Membership.objects.filter(pk__in=row.moved[Membership._meta.label], patron=kept).order_by("pk"):
        memberships.hand_over(membership, merged)
        _grant_again(membership)
    for patron in (merged, kept):
        for donation in Donation.objects.running().filter(patron=patron).order_by("is_second", "pk"):
            donations.settle(donations.lock(donation))
    if row.made_neutral:
        kept.wants_neutral_letters = False
        kept.save(update_fields=["wants_neutral_letters"])
    row.undone_at, row.undone_by = clock.now(), actor
    row.save(update_fields=["undone_at", "undone_by"])
    log.record(actor, "patron.unmerge", target=f"patron:{kept.pk}", reason=reason, merged=merged.pk)
    return row


def _grant_again(membership: Membership) -> None:
    """A granted membership that the merge ended goes on, if its last day has not passed."""
    is_ended_by_it = membership.source == Membership.Source.GRANT and membership.end_reason == EndReason.MERGED
    if is_ended_by_it and membership.paid_through >= clock.today():
        memberships.follow(membership, replace(memberships.facts_of(membership), ended_at=None, end_reason=""))
