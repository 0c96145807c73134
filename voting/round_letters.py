"""The letters of a round, to many: that it is open, one reminder, its result. Each is written once, page by page.

A round asks for at most four letters of anybody: these, of which the reminder goes only to those who have not voted and
the result only to those who have, and one about its stories (voting/announcements.py).
"""

from collections.abc import Callable, Iterator
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from letters import outbox
from letters.outbox import Draft
from members.models import Patron
from newsroom import clock
from voting import eligibility, round_emails, wording
from voting.methods.canonical import read_json
from voting.models import Eligibility, Mailing, RollEntry, Round

# Of letters with their HTML, so few megabytes.
PAGE = 200
# Whoever was asleep longer than this tells old news to nobody.
NEWS = timedelta(days=7)


def write_due() -> int:
    """Writes every letter about a round that is due. Returns how many.

    Safe to run twice, also at the same time, and to be killed: how far a mailing has come is written with its letters,
    and another run passes over one that is held. Memory does not grow with the number of people. Call it outside a
    transaction.
    """
    return sum(_write(mailing) for mailing in list(_due()))


def _due() -> Iterator[Mailing]:
    """What is to be told now and is not told whole."""
    now = clock.now()
    for of in Round.objects.open().filter(closes_at__gt=now):
        yield _mailing(of, "round_opened")
        if of.reminds_at is not None and of.reminds_at <= now:
            yield _mailing(of, "round_reminder")
    told = Mailing.objects.filter(round=OuterRef("pk"), occasion="round_result", done_at__isnull=False)
    for of in Round.objects.filter(~Exists(told), counted_at__gt=now - NEWS):
        yield _mailing(of, "round_result")


def _mailing(of: Round, occasion: str) -> Mailing:
    return Mailing.objects.get_or_create(round=of, occasion=occasion)[0]


def _write(mailing: Mailing) -> int:
    written = 0
    while mailing.done_at is None:
        with transaction.atomic():
            held = Mailing.objects.select_for_update(skip_locked=True, of=("self",)).select_related("round")
            found = held.filter(pk=mailing.pk, done_at=None).first()
            if found is None:
                return written
            mailing = found
            written += _write_page(mailing)
    return written


def _write_page(mailing: Mailing) -> int:
    """The letters to the next patrons, and how far that is. With nobody left, or the round over, it is done."""
    of, draft = mailing.round, _drafts_of(mailing)
    is_late = mailing.occasion != "round_result" and (of.closed_at is not None or of.closes_at <= clock.now())
    # Held, so that nobody is erased between the reading of an address and its letter.
    rest = _readers(mailing).filter(pk__gt=mailing.reached).order_by("pk").select_for_update(of=("self",), no_key=True)
    page = [] if is_late else list(rest[:PAGE])
    letters = outbox.write_many([draft(patron) for patron in page])
    if page:
        mailing.reached = page[-1].pk
    else:
        mailing.reached, mailing.done_at = 0, clock.now()
    mailing.save(update_fields=["reached", "done_at"])
    return len(letters)


def _readers(mailing: Mailing) -> QuerySet[Patron]:
    """Whom it concerns."""
    of = mailing.round
    theirs = RollEntry.objects.filter(round=of, patron=OuterRef("pk"))
    patrons = Patron.objects.filter(is_active=True)
    if mailing.occasion == "round_result":
        as_merged = RollEntry.objects.filter(round=of, patron__merged_into=OuterRef("pk"))
        voted = {"has_cast": True, "void_reason": ""}
        return patrons.filter(Exists(theirs.filter(**voted)) | Exists(as_merged.filter(**voted)))
    if of.eligibility == Eligibility.AT_OPEN:
        may = patrons.filter(Exists(theirs.filter(void_reason="")))
    else:
        may = patrons.filter(Exists(eligibility.electors(of, clock.now()).filter(patron=OuterRef("pk"))))
    return may.exclude(Exists(theirs.filter(has_cast=True)))


def _drafts_of(mailing: Mailing) -> Callable[[Patron], Draft]:
    of = mailing.round
    if mailing.occasion == "round_result":
        # The first result: what was announced stays, whatever a correction says.
        chosen = read_json(of.results.get(version=1).text, "a result")["count"]["chosen"]
        titles = {code: wording.titles(of.frozen_rules(), code) for code in ("en", "uk")}
        return lambda patron: round_emails.result(of, patron, [titles[patron.language][topic] for topic in chosen])
    tell = round_emails.opened if mailing.occasion == "round_opened" else round_emails.reminder
    return lambda patron: tell(of, patron)
