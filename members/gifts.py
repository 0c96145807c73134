"""Gift memberships: bought by one for another, delivered on a day, claimed by whoever holds the link, never renewed.

Money is told by payments through `follow`. Every verb here may run twice, and at the same time as any other: the gift
membership's row is locked first, then its membership and the patron.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from letters.models import Letter
from members import gift_emails, memberships
from members.memberships import Facts
from members.models import EndReason, GiftMembership, Membership, Patron
from money.money import Money
from newsroom import bell, clock

MONTHS_TO_CLAIM = 12
# What a buyer typed for a gift membership and did not pay is kept as long as a slow payment may take.
UNPAID_LASTS = timedelta(days=30)
# No letter reaches anybody at midnight.
MORNING = timedelta(hours=8)
# The letter before the end.
WARNED_DAYS = 10
PAGE = 500


class NotClaimable(Exception):
    """Claimed by somebody else, taken back, over, or never there: the answer tells none from the others."""

    @property
    def sentence(self) -> str:
        return _(
            "This link leads to no gift membership that can still be claimed: it may be mistyped, replaced by a newer "
            "link, already used, or too old. Ask whoever gave it to you: their account shows what became of it."
        )


class NotYours(Exception):
    """Claimed, or taken back: nothing about it can be changed any more."""

    @property
    def sentence(self) -> str:
        return _("This gift membership has been claimed or paid back: nothing about it can be changed any more.")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a buyer chose. Without an e-mail address the buyer hands the link over, and no day is waited for."""

    months: int
    monthly: Money
    deliver_on: date
    giver_name: str = ""
    recipient_name: str = ""
    recipient_email: str = ""
    message: str = ""
    language: str = "en"

    @property
    def total(self) -> Money:
        return Money(self.monthly.minor * self.months, self.monthly.currency)


def latest_day() -> date:
    """The last day on which a gift membership bought today can be delivered."""
    return clock.months_later(clock.today(), 12)


def draft(terms: Terms) -> GiftMembership:
    """The row of a gift membership that is about to be paid."""
    gift = GiftMembership(
        months=terms.months, monthly_minor=terms.monthly.minor, currency=terms.monthly.currency,
        giver_name=terms.giver_name, message=terms.message, language=terms.language,
    )  # fmt: skip
    _address(gift, terms.recipient_name, terms.recipient_email, terms.deliver_on)
    gift.save()
    return gift


def terms_of(gift: GiftMembership) -> Terms:
    """What was chosen for it, as `draft` took it."""
    return Terms(
        gift.months, gift.monthly, gift.deliver_on, gift.giver_name, gift.recipient_name, gift.recipient_email,
        gift.message, gift.language,
    )  # fmt: skip


def link(gift: GiftMembership) -> str:
    """The address at which it is claimed. Made anew each time from the row and SECRET_KEY; it is stored nowhere."""
    return f"{settings.SITE_URL}/support/gift/claim/{token(gift)}/"


def token(gift: GiftMembership) -> str:
    """What the link carries: 160 bits that only SECRET_KEY can make from the row."""
    made = salted_hmac("members.gifts.token", f"{gift.reference}:{gift.link_number}", algorithm="sha256")
    return urlsafe_b64encode(made.digest()[:20]).decode().rstrip("=")


def find(token: str) -> GiftMembership | None:
    """The gift membership that a token opens, whatever became of it."""
    return GiftMembership.objects.select_related("membership").filter(token_hash=_hash(token)).first()


def is_claimable(gift: GiftMembership) -> bool:
    """Paid, still standing, and neither claimed nor over."""
    return bool(gift.paid_at) and not (gift.withdrawn_at or gift.claimed_at or gift.lapsed_at)


def is_open(gift: GiftMembership) -> bool:
    """Whether its buyer may still choose who gets it: also after nobody claimed it in time."""
    return bool(gift.paid_at) and not (gift.withdrawn_at or gift.claimed_at)


def follow(
    gift: GiftMembership, *, buyer: Patron, paid_at: datetime | None, returned_at: datetime | None, is_disputed: bool
) -> None:
    """Brings it, and the membership that came of it, to what money says. Call in a transaction.

    `returned_at` is None while the payment stands. Taken back before it is claimed, it can be claimed no more; after
    that, its membership ends. A dispute that is won restores both. The letter gift_given follows the first payment.
    """
    row = GiftMembership.objects.select_for_update().get(pk=gift.pk)
    is_new = paid_at is not None and row.paid_at is None
    if is_new:
        # Paid after all, however late: what was forgotten of a recipient the buyer can name again.
        row.buyer, row.paid_at, row.lapsed_at = buyer, paid_at, None
    if row.paid_at is None:
        return
    row.withdrawn_at = returned_at
    row.save(update_fields=["buyer", "paid_at", "lapsed_at", "withdrawn_at"])
    if row.membership:
        memberships.follow(row.membership, _facts(row, EndReason.DISPUTED if is_disputed else EndReason.CANCELLED))
    if is_new:
        gift_emails.gift_given(row, link(row))
        transaction.on_commit(partial(bell.ring, "members.deliver_gift_memberships"))


def claim(token: str, patron: Patron) -> GiftMembership:
    """Starts the membership, once however many ask. Raises NotClaimable; asked again by who has it, changes nothing.

    It begins today, or where the time that the patron has already ends. The letter gift_begun follows; the buyer is not
    told who it was.
    """
    with transaction.atomic():
        gift = GiftMembership.objects.select_for_update().filter(token_hash=_hash(token)).first()
        if gift and gift.membership and gift.membership.patron_id == patron.pk:
            return gift
        if gift is None or not is_claimable(gift):
            raise NotClaimable
        patron = Patron.objects.standing(patron)
        gift.claimed_at, gift.began_on = clock.now(), begins_on(patron)
        gift.membership = memberships.start(patron, _facts(gift), Membership.Source.GIFT)
        gift.recipient_email = ""
        gift.save()
        _forget_letters(gift)
        gift_emails.gift_begun(gift, patron)
    return gift


def begins_on(patron: Patron | None) -> date:
    """The day from which a gift membership claimed now would count: today, or the end of what is paid already."""
    paid = Membership.objects.live().filter(patron=patron, forfeited_at=None) if patron else Membership.objects.none()
    last: date | None = paid.order_by("-paid_through").values_list("paid_through", flat=True).first()
    return max(clock.today(), last) if last else clock.today()


def readdress(gift: GiftMembership, *, name: str, email: str, deliver_on: date) -> None:
    """Gives it to somebody else, or on another day, with a full year to claim it. Raises NotYours.

    The former recipient is forgotten and the links sent so far lead nowhere. What has lapsed comes back.
    """
    with transaction.atomic():
        row = GiftMembership.objects.select_for_update().get(pk=gift.pk)
        if not is_open(row):
            raise NotYours
        _forget_letters(row)
        row.link_number += 1
        row.delivered_at = row.lapsed_at = None
        _address(row, name, email, deliver_on)
        row.save()
        transaction.on_commit(partial(bell.ring, "members.deliver_gift_memberships"))


def send_again(gift: GiftMembership) -> bool:
    """The letter with the link once more, at most once a day. Whether it was written; raises NotYours."""
    with transaction.atomic():
        row = GiftMembership.objects.select_for_update().get(pk=gift.pk)
        if not is_open(row):
            raise NotYours
        has_letter = row.delivered_at is not None and bool(row.recipient_email)
        return has_letter and bool(gift_emails.gift_received([(row, link(row))], again=str(clock.today())))


# -- what time brings ------------------------------------------------------------------------------------------------


def deliver_due() -> int:
    """Delivers what has been paid and whose day has come, from eight in the morning on, in pages by id.

    Returns how many. The letter gift_received goes to the recipient, if the buyer has named an address.
    """
    due = GiftMembership.objects.filter(
        paid_at__isnull=False, deliver_on__lte=clock.day(clock.now() - MORNING),
        delivered_at=None, claimed_at=None, withdrawn_at=None, lapsed_at=None,
    )  # fmt: skip
    done = 0
    while page := list(due.order_by("pk").values_list("pk", flat=True)[:PAGE]):
        with transaction.atomic():
            rows = list(due.filter(pk__in=page).select_for_update(skip_locked=True).order_by("pk"))
            if not rows:
                break  # another run has them
            gift_emails.gift_received((gift, link(gift)) for gift in rows)
            GiftMembership.objects.filter(pk__in=[gift.pk for gift in rows]).update(delivered_at=clock.now())
            done += len(rows)
    return done


def forget_due() -> int:
    """Forgets the recipients of what was not claimed in time, or never paid. Returns how many were forgotten.

    A buyer whose payment stands is told (letter gift_unclaimed) and may give it to somebody else at any time.
    """
    unpaid = Q(paid_at=None, created_at__lt=clock.now() - UNPAID_LASTS)
    due = GiftMembership.objects.filter(
        unpaid | Q(paid_at__isnull=False, claim_through__lt=clock.today()), claimed_at=None, lapsed_at=None
    )
    done = 0
    while page := list(due.order_by("pk").values_list("pk", flat=True)[:PAGE]):
        with transaction.atomic():
            rows = list(due.filter(pk__in=page).select_for_update(skip_locked=True).order_by("pk"))
            if not rows:
                break
            for gift in rows:
                _lapse(gift)
            done += len(rows)
    return done


def end_due() -> int:
    """Ends memberships of gifts whose last day is over. Returns how many ended."""
    due = GiftMembership.objects.filter(membership__ended_at=None, membership__paid_through__lt=clock.today())
    ended = 0
    while page := list(due.order_by("pk").values_list("pk", flat=True)[:PAGE]):
        for pk in page:
            with transaction.atomic():
                gift = GiftMembership.objects.select_for_update().get(pk=pk)
                if gift.membership:
                    ended += bool(memberships.follow(gift.membership, _facts(gift)))
    return ended


def warn_of_endings() -> int:
    """A letter (gift_ending) before a gift membership ends, to those who do not give themselves. Returns how many."""
    today = clock.today()
    ending = Membership.objects.live().filter(
        source=Membership.Source.GIFT, paid_through__range=(today, today + timedelta(days=WARNED_DAYS))
    )
    giving = Membership.objects.live().filter(source=Membership.Source.RECURRING).values("patron")
    due = ending.exclude(patron__in=giving).select_related("patron").order_by("pk")
    written, last = 0, 0
    while page := list(due.filter(pk__gt=last)[:PAGE]):
        written += len(gift_emails.gift_ending(page))
        last = page[-1].pk
    return written


# -- parts -----------------------------------------------------------------------------------------------------------


def _address(gift: GiftMembership, name: str, email: str, deliver_on: date) -> None:
    gift.recipient_name, gift.recipient_email = name, email
    gift.deliver_on = deliver_on if email else clock.today()
    gift.claim_through = clock.months_later(gift.deliver_on, MONTHS_TO_CLAIM)
    gift.token_hash = _hash(token(gift))


def _hash(token: str) -> str:
    return salted_hmac("members.gifts.hash", token, algorithm="sha256").hexdigest()


def _facts(gift: GiftMembership, returned: str = EndReason.CANCELLED) -> Facts:
    """What money and time say of the membership of a gift that is claimed; `returned` is why its payment went back."""
    if gift.began_on is None or gift.paid_at is None:
        raise ValueError("only a gift membership that is claimed says anything of a membership")
    last_day = clock.months_later(gift.began_on, gift.months)
    is_over = last_day < clock.today()
    over_at = clock.start_of(last_day + timedelta(days=1)) if is_over else None
    return Facts(
        amount_minor=gift.total.minor,
        currency=gift.currency,
        interval_months=gift.months,
        first_paid_at=gift.paid_at,
        paid_through=gift.began_on if gift.withdrawn_at else last_day,
        forfeited_at=gift.withdrawn_at,
        ended_at=gift.withdrawn_at or over_at,
        end_reason=returned if gift.withdrawn_at else EndReason.EXPIRED if is_over else "",
    )


def _lapse(gift: GiftMembership) -> None:
    _forget_letters(gift)
    gift.recipient_name = gift.recipient_email = gift.message = ""
    gift.lapsed_at = clock.now()
    gift.save()
    if is_open(gift):
        gift_emails.gift_unclaimed(gift)


def _forget_letters(gift: GiftMembership) -> None:
    """The outbox keeps no letter to a recipient who is forgotten, and none about them once it is sent."""
    Letter.objects.filter(key__startswith=f"{gift_emails.received_key(gift)}:").delete()
    Letter.objects.filter(key=gift_emails.given_key(gift)).exclude(sent_at=None).delete()
