"""The letters of gift memberships. One function a letter; called again for the same fact, it writes nothing."""

import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from letters import outbox
from letters.models import Letter
from letters.printing import day
from members import names
from members.models import GiftMembership, Membership, Patron

Fact = tuple[str | Promise, str | Promise]


def given_key(gift: GiftMembership) -> str:
    """The key of the letter to the buyer that names the recipient."""
    return f"gift_given:{gift.pk}"


def gift_given(gift: GiftMembership, link: str) -> Letter | None:
    """To the buyer, once the payment has arrived: what, for whom, when it is delivered, the link to hand over."""
    buyer = _buyer(gift)
    facts: list[Fact] = [
        (_("Gift membership"), gift.length),
        (_("Paid"), gift.total.format(buyer.language)),
    ]
    if gift.recipient_name:
        facts.append((_("For whom"), gift.recipient_name))
    if gift.recipient_email:
        facts.append((_("Goes to"), gift.recipient_email))
        facts.append((_("Delivered on"), day(gift.deliver_on, buyer.language)))
    facts.append((_("Can be claimed until"), day(gift.claim_through, buyer.language)))
    return _to(
        buyer, "gift_given", given_key(gift),
        facts=facts,
        action=(_("Your gift memberships"), _account_page()),
        link=link,
        is_sent=bool(gift.recipient_email),
    )  # fmt: skip


def received_key(gift: GiftMembership) -> str:
    """What the keys of all letters to the recipient of a gift membership begin with."""
    return f"gift_received:{gift.pk}"


def gift_received(gifts: Iterable[tuple[GiftMembership, str]], *, again: str = "") -> list[Letter]:
    """To recipients, who never asked for it: from whom, what, and the link beside each gift. Some hundreds at once.

    Neither the subject nor the sender's name says which newsroom it is from. None where the buyer hands the link over.
    """
    return outbox.write_many([_received(gift, link, again) for gift, link in gifts if gift.recipient_email])


def _received(gift: GiftMembership, link: str, again: str) -> outbox.Draft:
    return outbox.Draft(
        occasion="gift_received",
        key=f"{received_key(gift)}:{gift.link_number}:{again}",
        to=gift.recipient_email,
        language=gift.language,
        context={
            "greeting": names.greeting(gift.recipient_name, gift.language),
            "facts": [
                (_("Gift membership"), gift.length),
                (_("Can be claimed until"), day(gift.claim_through, gift.language)),
            ],
            "action": (_("Look at it and claim it"), link),
            "giver": outbox.one_line(gift.giver_name),
            "message": gift.message,
        },
        is_neutral=True,
    )


def gift_unclaimed(gift: GiftMembership) -> Letter | None:
    """To the buyer, when nobody claimed it in time: it is not lost, and may go to somebody else."""
    return _to(
        _buyer(gift), "gift_unclaimed", f"gift_unclaimed:{gift.pk}:{gift.link_number}",
        facts=[(_("Gift membership"), gift.length)],
        action=(_("Give it to somebody else"), _account_page()),
    )  # fmt: skip


def gift_begun(gift: GiftMembership, patron: Patron) -> Letter | None:
    """To whoever claimed it: from when to when, and that nothing is ever charged."""
    membership = gift.membership
    if membership is None or gift.began_on is None:
        raise ValueError("only what is claimed has begun")
    return _to(
        patron, "gift_begun", f"gift_begun:{gift.pk}",
        facts=[
            (_("Counts from"), day(gift.began_on, patron.language)),
            (_("Ends on"), day(membership.paid_through, patron.language)),
        ],
        action=(_("Your account"), f"{settings.SITE_URL}/account/"),
    )  # fmt: skip


def gift_ending(memberships: Iterable[Membership]) -> list[Letter]:
    """Some days before gift memberships end: they end by themselves; whoever wants to stay can become a patron."""
    return outbox.write_many([_ending(membership) for membership in memberships])


def _ending(membership: Membership) -> outbox.Draft:
    return _draft(
        membership.patron, "gift_ending", f"gift_ending:{membership.pk}",
        facts=[(_("Ends on"), day(membership.paid_through, membership.patron.language))],
        action=(_("Become a patron"), f"{settings.SITE_URL}/support/"),
    )  # fmt: skip


def gift_claim_code(email: str, code: str, *, language: str) -> Letter | None:
    """The code that shows whose address it is, to somebody who claims a gift membership without an account."""
    return outbox.write(
        occasion="gift_claim_code",
        key=f"gift_claim_code:{secrets.token_hex(16)}",
        to=email,
        language=language,
        context={"facts": [(_("Your code"), code)]},
    )


def _to(patron: Patron, occasion: str, key: str, **said: Any) -> Letter | None:
    return next(iter(outbox.write_many([_draft(patron, occasion, key, **said)])), None)


def _draft(patron: Patron, occasion: str, key: str, *, facts: Sequence[Fact], **context: Any) -> outbox.Draft:
    return outbox.Draft(
        occasion=occasion, key=key, to=patron.email, language=patron.language, patron=patron,
        context={
            "greeting": names.greeting(names.of(patron, names.Audience.LETTER), patron.language),
            "facts": facts,
            **context,
        },
    )  # fmt: skip


def _buyer(gift: GiftMembership) -> Patron:
    if gift.buyer is None:
        raise ValueError("nobody has paid for it yet")
    return gift.buyer


def _account_page() -> str:
    return f"{settings.SITE_URL}/account/gift-memberships/"
