"""The staff's log in words: what each act is called, and the page of what it was about.

The log itself keeps the codes, which never change; a test holds this list to all that the project writes.
"""

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit.models import StaffAction

# By the whole code, or by what stands before its point where all that begin so are one to the reader.
ACTS: dict[str, str | Promise] = {
    "admin.open": _("opened a page of the tables"),
    "bank.import": _("recorded a bank's file"),
    "bank.view": _("looked at a bank's file"),
    "currency.change": _("changed a currency"),
    "donation.amount": _("changed the amount or rhythm of a gift"),
    "donation.cancel": _("stopped a gift"),
    "donation.keep": _("took back the end of a gift"),
    "donation.pause": _("paused a gift"),
    "donation.resume": _("ended the pause of a gift"),
    "donation.unchanged": _("a gift stayed as it was: Stripe refused"),
    "erasure.redacted": _("noted that Stripe has redacted an erased person"),
    "event.again": _("ran dead events again"),
    "event.view": _("looked at an event"),
    "export.fetch": _("fetched a table"),
    "export.table": _("asked for a table"),
    "goal.drop": _("dropped a goal"),
    "goal.set": _("set a goal"),
    "letter.again": _("sent failed letters again"),
    "letter.resend": _("sent a letter once more"),
    "letter.view": _("looked at a letter"),
    "membership.end_grant": _("ended a granted membership"),
    "membership.grant": _("granted a membership"),
    "month.close": _("closed a month"),
    "newsroom.change": _("changed the newsroom's settings"),
    "note.add": _("added a note"),
    "note.remove": _("removed a note"),
    "offline.record": _("recorded money that came without Stripe"),
    "offline.reverse": _("took back a record of money"),
    "patron.change": _("changed an account"),
    "patron.find": _("looked for a person"),
    "patron.letters": _("looked at a person's letters"),
    "patron.merge": _("merged two records of a person"),
    "patron.unmerge": _("took a merge apart"),
    "patron.view": _("looked at a person"),
    "payment.view": _("looked at a payment"),
    "rates.enter": _("entered daily rates"),
    "receipt.resend": _("sent a receipt once more"),
    "refund.approve": _("approved a refund"),
    "refund.ask": _("asked for a refund that a second person decides"),
    "refund.decline": _("declined a refund"),
    "refund.issue": _("sent money back"),
    "refund.refused": _("a refund was refused"),
    "rehearsal": _("rehearsed with an invented patron"),
    "round.archive": _("archived a round"),
    "round.change": _("changed a draft of a round"),
    "round.count_again": _("had a round counted again"),
    "round.draft": _("drafted a round"),
    "round.extend": _("extended a round"),
    "round.schedule": _("scheduled a round"),
    "round.topics": _("set the topics of a round"),
    "round.unschedule": _("took a round back into drafting"),
    "round.withdraw": _("withdrew a topic from a round"),
    "staff.appoint": _("gave somebody a role"),
    "staff.forget_second_factor": _("took away somebody's lost second factor"),
    "stop.lift": _("let letters go to an address again"),
    "suggestion.accept": _("accepted a suggestion"),
    "suggestion.decline": _("declined a suggestion"),
    "suggestion.merge": _("put a suggestion to a topic"),
    "suggestion.review": _("took a suggestion into review"),
    "suggestion.undo": _("undid the answer to a suggestion"),
    "topic.make": _("made a topic"),
    "topic.merge": _("merged two topics"),
    "topic.move": _("moved a topic on"),
    "topic.replace": _("replaced a topic"),
    "topic.word": _("reworded a topic"),
    "wording.change": _("reworded a letter"),
    "wording.reset": _("gave a letter its first words back"),
    "wording.try": _("sent an example of a letter to themselves"),
}

# What a target names, and the page that shows it.
_PAGES = {
    "patron": "reports:patron", "payment": "reports:payment", "event": "reports:event", "round": "reports:round",
    "suggestion": "reports:suggestion", "topic": "reports:topic",
}  # fmt: skip


def word(action: str) -> str | Promise:
    """What an act is called; one that is not in the list by its code."""
    return ACTS.get(action) or ACTS.get(action.partition(".")[0]) or action


def page(link: StaffAction) -> str:
    """The address of what the act was about; empty where that has no page of its own."""
    kind, _colon, number = link.target.partition(":")
    if kind in _PAGES and number.isdecimal():
        return reverse(_PAGES[kind], args=[number])
    if kind == "currency":
        return reverse("reports:currency", args=[number])
    if kind == "month":
        return f"{reverse('reports:close')}?month={number}"
    if kind == "wording":
        return reverse("reports:wording", args=number.split(":"))
    return link.target if link.action == "admin.open" else ""
