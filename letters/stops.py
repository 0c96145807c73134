"""What keeps a letter that waits from being sent: its address was stopped, its reader wants none such or was erased.

Addresses are stopped when a mail server has refused a letter to them for good, or their reader called one spam. All of
it is looked at when a letter is sent, so it also holds back what is written already. A letter to a stopped address
stands as refused, and staff can send it again once they have lifted the stop; what nobody wants any more stays unsent.

Where a server says that nobody is there, no letter goes. Where it refused a letter (a policy, a full mailbox), those
about the account still go, which its reader asks for at that moment, lest one odd letter locks them out; if one is
taken, the stop is over.
"""

from django.utils.translation import gettext_noop as _

from letters import outbox
from letters.models import Letter, StoppedAddress, StopReason
from letters.occasions import OCCASIONS, Group

NOT_SENT = {
    StopReason.LETTER: _("not sent: this address has refused a letter for good"),
    StopReason.REFUSED: _("not sent: nobody is at this address, says its mail server"),
    StopReason.COMPLAINED: _("not sent: the reader of this address called a letter spam"),
}
DECLINED = _("not sent: its reader has declined letters of this kind")
ERASED = _("not sent: its reader has been erased")


def stop(address: str, reason: StopReason, said: str) -> None:
    """Remembers it. A refusal outweighs a complaint, and that nobody is there outweighs both.

    A letter refused on top of a complaint counts as the last, so that no letter that is taken forgets the complaint.
    """
    words = " ".join(said.replace("\0", " ").split())[:500]
    row, is_new = StoppedAddress.objects.get_or_create(
        address=address.strip().lower(), defaults={"reason": reason, "said": words}
    )
    if is_new or row.reason in {StopReason.REFUSED, reason}:
        return
    row.reason = StopReason.REFUSED if reason == StopReason.LETTER else reason
    row.said = words
    row.save(update_fields=["reason", "said"])


def taken(address: str) -> None:
    """Its server took a letter, so one that it refused before does not count any more."""
    StoppedAddress.objects.filter(address=address.lower(), reason=StopReason.LETTER).delete()


def lift(address: str) -> bool:
    """Letters go there again. Returns whether there was a stop."""
    return bool(StoppedAddress.objects.filter(address=address.lower()).delete()[0])


def of(address: str) -> StoppedAddress | None:
    """What is held against an address, if anything is."""
    return StoppedAddress.objects.filter(address=address.lower()).first()


def unwanted(letter: Letter) -> str:
    """Why nobody wants the letter any more, in words; empty if it is wanted."""
    if letter.to.endswith(outbox.NOWHERE):
        return ERASED
    occasion = OCCASIONS.get(letter.occasion)
    if occasion and occasion.is_declinable and outbox.declines(letter.patron, occasion):
        return DECLINED
    return ""


def reason_against(letter: Letter) -> str:
    """Why a letter must not go out, in words; empty if it may. A complaint stops only what a patron may decline."""
    found = of(letter.to)
    occasion = OCCASIONS.get(letter.occasion)
    if found is None:
        return ""
    if found.reason == StopReason.COMPLAINED and not (occasion and occasion.is_declinable):
        return ""
    if found.reason == StopReason.LETTER and occasion and occasion.group == Group.ACCOUNT:
        return ""
    return NOT_SENT[StopReason(found.reason)]
