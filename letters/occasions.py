"""Every occasion on which a letter is written, in one list: for previews, wording, and what a patron may decline.

A folder under templates/emails/ without its entry here, or an entry without its folder, fails the build. To add a
letter, add both. `sample` is a letter's context as its writer would give it, of an invented patron: amounts and days as
`Money` and `date`, and words that differ by language as a dictionary of both; `Occasion.example` prints them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from letters.printing import day
from money.money import Money


class Group(models.TextChoices):
    """What a letter is for. Reminders, and letters about rounds, may be declined."""

    ACCOUNT = "account", _("Signing in and your data")
    MONEY = "money", _("Your payments and what is charged")
    REMINDERS = "reminders", _("Reminders")
    ROUNDS = "rounds", _("Rounds and topics")
    STAFF = "staff", _("The newsroom's own")


DECLINABLE = frozenset({Group.REMINDERS, Group.ROUNDS})


@dataclass(frozen=True)
class Occasion:
    """A letter's template folder, its group, and in a line what it tells and when.

    `variables` are the names in its context that staff may use in their wording, as in `{amount}`: one line of plain
    text, and never what a template compares or branches by, except for being empty.
    """

    name: str
    group: Group
    about: str | Promise
    variables: tuple[str, ...] = ()
    sample: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_declinable(self) -> bool:
        return self.group in DECLINABLE

    def example(self, language: str) -> dict[str, Any]:
        """The sample as a letter in `language` takes it."""
        shared = {"account_url": f"{settings.SITE_URL}/account/", "support_url": f"{settings.SITE_URL}/support/"}
        return shared | {name: _printed(value, language) for name, value in self.sample.items()}


def _printed(value: Any, language: str) -> Any:
    if isinstance(value, Money):
        return value.format(language)
    if isinstance(value, date):
        return day(value, language)
    if isinstance(value, Mapping):  # by language
        return _printed(value[language], language)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(_printed(one, language) for one in value)
    return value


_FIVE, _YEARLY = Money(500, "EUR"), Money(6000, "EUR")
_CARD = "Visa ····4242"
_PAID_ON, _NEXT_ON = date(2026, 11, 30), date(2026, 12, 30)
_MONTHLY = {"en": "€5.00 a month", "uk": "5,00\N{NO-BREAK SPACE}€ на місяць"}
_NEXT = {"en": f"€5.00, 30 December 2026, {_CARD}", "uk": f"5,00\N{NO-BREAK SPACE}€, 30 грудня 2026 року, {_CARD}"}
_MOMENT = {"en": "30 November 2026, 14:05 (UTC+02:00)", "uk": "30 листопада 2026 року, 14:05 (UTC+02:00)"}
_GREETED = {"en": "Olena", "uk": ""}
_ACCOUNT, _SUPPORT = f"{settings.SITE_URL}/account/", f"{settings.SITE_URL}/support/"
_CODE = {
    "facts": ((_("Your code"), "1234-5678"),),
    "action": (_("Open the page for the code"), f"{_ACCOUNT}login/code/confirm/"),
}
_GIVER = {"greeting": _GREETED, "is_recurring": True}
_ROUND = f"{settings.SITE_URL}/rounds/spring/"
_TOPICS = f"{settings.SITE_URL}/topics/"
_TOPIC_TITLE = {"en": "Who owns the river port", "uk": "Кому належить річковий порт"}
_ROUND_TITLE = {"en": "What we look into this spring", "uk": "Що досліджувати навесні"}
_CLOSES = {"en": "30 November 2026, 20:00 (UTC+02:00)", "uk": "30 листопада 2026 року, 20:00 (UTC+02:00)"}
_STANDING = ((_("You give"), _MONTHLY), (_("Next charge"), _NEXT))

_ALL = (
    # Signing in and one's data.
    Occasion(
        "sign_in_code", Group.ACCOUNT, _("The code that somebody asked for in order to sign in."),
        sample=_CODE,
    ),
    Occasion(
        "proof_code", Group.ACCOUNT, _("The code that shows once more who it is, before something that matters."),
        sample=_CODE,
    ),
    Occasion(
        "export_ready", Group.ACCOUNT, _("A copy of one's data is ready to be fetched."),
        sample={
            "facts": ((_("It can be fetched until"), _NEXT_ON),),
            "action": (_("Fetch your data"), f"{_ACCOUNT}privacy/"),
        },
    ),
    Occasion("erased", Group.ACCOUNT, _("Everything about somebody has been erased, as they wished.")),
    Occasion(
        "unknown_address", Group.ACCOUNT, _("Somebody wanted to sign in with an address that no patron has."),
        sample={
            "facts": ((_("Your address"), "olena@example.org"),),
            "action": (_("Try another address"), f"{_ACCOUNT}login/"),
        },
    ),
    Occasion(
        "new_address", Group.ACCOUNT, _("A patron wants letters to go to another address, which confirms it."),
        sample=_CODE,
    ),
    Occasion(
        "address_taken", Group.ACCOUNT, _("Somebody wants to move to an address that is another patron's."),
    ),
    Occasion(
        "address_changed", Group.ACCOUNT, _("To the old address, when the new one was confirmed."),
        sample={
            "facts": ((_("Can be undone until"), _NEXT_ON),),
            "action": (_("It was not me: undo it"), f"{_ACCOUNT}address/undo/…/"),
        },
    ),
    Occasion(
        "address_restored", Group.ACCOUNT, _("A change of address was undone from the old one."),
        sample={"action": (_("Sign in"), f"{_ACCOUNT}login/")},
    ),
    Occasion(
        "security_changed", Group.ACCOUNT,
        _("A passkey, an authenticator app or recovery codes were added or removed."),
        sample={
            "what": "passkey_added",
            "facts": ((_("When"), _MOMENT),),
            "action": (_("Look at it"), f"{_ACCOUNT}security/"),
        },
    ),
    Occasion(
        "records_merged", Group.ACCOUNT, _("Two records of one person were put together; to both addresses."),
        sample={"action": (_("Sign in"), f"{_ACCOUNT}login/")},
    ),
    # Payments and what is charged.
    Occasion(
        "welcome", Group.MONEY, _("The first payment of a patron has arrived."),
        sample=_GIVER | {"facts": _STANDING, "action": (_("Your support"), _ACCOUNT)},
    ),
    Occasion(
        "receipt", Group.MONEY, _("A payment has arrived; its receipt goes with the letter."), ("number", "amount"),
        _GIVER | {
            "number": "2026-000012", "amount": _FIVE, "words_of_newsroom": "",
            "facts": (
                (_("Receipt"), "2026-000012"), (_("Amount"), _FIVE), (_("Paid on"), _PAID_ON), (_("Paid with"), _CARD),
                (_("Next charge"), _NEXT),
            ),
            "action": (_("Change or stop"), _ACCOUNT),
        },
    ),
    Occasion(
        "raised", Group.MONEY, _("The amount or the rhythm of a running support has changed."), ("rhythm",),
        _GIVER | {"rhythm": _MONTHLY, "facts": _STANDING, "action": (_("Your support"), _ACCOUNT)},
    ),
    Occasion(
        "giving_changed", Group.MONEY, _("A running support is paused, goes on, or has another card."),
        ("until", "card"),
        _GIVER | {
            "what": "paused", "until": _NEXT_ON, "card": _CARD,
            "facts": _STANDING, "action": (_("Your support"), _ACCOUNT),
        },
    ),
    Occasion(
        "second_subscription", Group.MONEY, _("A patron who already gives has set up a second support."),
        ("earlier", "later", "amount"),
        _GIVER | {
            "earlier": _MONTHLY, "later": _MONTHLY, "amount": _FIVE,
            "action": (_("Decide what happens"), f"{_SUPPORT}second/…/"),
        },
    ),
    Occasion(
        "payment_failed", Group.MONEY, _("A payment could not be collected: why, and what mends it."),
        ("amount", "next_attempt"),
        _GIVER | {
            "cause": "funds", "amount": _FIVE, "next_attempt": _NEXT_ON, "is_last": False,
            "facts": ((_("Amount"), _FIVE), (_("Card"), _CARD), (_("Next attempt"), _NEXT_ON)),
            "action": (_("Pay now or use another card"), _ACCOUNT),
        },
    ),
    Occasion(
        "last_notice", Group.MONEY, _("A payment could not be collected, and in some days the support ends."),
        ("amount", "ends"),
        _GIVER | {
            "cause": "expired", "amount": _FIVE, "next_attempt": "", "is_sure": True, "ends": _NEXT_ON,
            "facts": ((_("Amount"), _FIVE), (_("Card"), _CARD), (_("Ends on"), _NEXT_ON)),
            "action": (_("Pay with another card"), _ACCOUNT),
        },
    ),
    Occasion(
        "recovered", Group.MONEY, _("A payment that had failed has gone through."), ("amount",),
        _GIVER | {"amount": _FIVE, "facts": _STANDING, "action": (_("Your support"), _ACCOUNT)},
    ),
    Occasion(
        "cancelled", Group.MONEY, _("A running support has ended, or is set to end."),
        ("rhythm", "when", "member_until"),
        _GIVER | {
            "has_ended": False, "why": "", "rhythm": _MONTHLY, "when": _NEXT_ON, "member_until": _NEXT_ON,
            "action": (_("Come back"), _SUPPORT),
        },
    ),
    Occasion(
        "refunded", Group.MONEY, _("Money has been sent back."), ("amount",),
        _GIVER | {
            "is_full": True, "is_rest": False, "is_offline": False, "is_mistake": False, "amount": _FIVE,
            "facts": (
                (_("Refunded"), _FIVE), (_("Of the payment"), _FIVE), (_("Paid on"), _PAID_ON),
                (_("Goes back to"), _CARD), (_("Next charge"), _NEXT),
            ),
            "action": (_("Change or stop"), _ACCOUNT),
        },
    ),
    Occasion(
        "renewal", Group.MONEY, _("30 days before a yearly charge; in some countries the law asks for it."),
        ("amount", "day"),
        _GIVER | {
            "amount": _YEARLY, "day": _NEXT_ON,
            "facts": ((_("Amount"), _YEARLY), (_("Charged on"), _NEXT_ON), (_("Card"), _CARD)),
            "action": (_("Change or stop"), _ACCOUNT),
        },
    ),
    Occasion(
        "pause_ending", Group.MONEY, _("3 days before charging goes on after a pause."), ("amount", "day"),
        _GIVER | {
            "amount": _FIVE, "day": _PAID_ON,
            "facts": ((_("Amount"), _FIVE), (_("Charged on"), _NEXT_ON), (_("Card"), _CARD)),
            "action": (_("Change or stop"), _ACCOUNT),
        },
    ),
    # Gift memberships.
    Occasion(
        "gift_given", Group.MONEY, _("To the buyer of a gift membership, once it is paid."),
        sample={
            "greeting": _GREETED, "is_sent": True, "link": f"{settings.SITE_URL}/gift/…/",
            "facts": (
                (_("Gift membership"), _("12 months")), (_("Paid"), _YEARLY), (_("Goes to"), "taras@example.org"),
                (_("Delivered on"), _NEXT_ON), (_("Can be claimed until"), _NEXT_ON),
            ),
            "action": (_("Your gift memberships"), f"{_ACCOUNT}gift-memberships/"),
        },
    ),
    Occasion(
        "gift_received", Group.MONEY, _("To the recipient of a gift membership, on the day the buyer chose."),
        ("giver",),
        {
            "greeting": {"en": "Taras", "uk": ""}, "giver": {"en": "Olena", "uk": "Олена"}, "message": "",
            "facts": ((_("Gift membership"), _("12 months")), (_("Can be claimed until"), _NEXT_ON)),
            "action": (_("Look at it and claim it"), f"{settings.SITE_URL}/gift/…/"),
        },
    ),
    Occasion(
        "gift_claim_code", Group.ACCOUNT, _("The code for claiming a gift membership without an account."),
        sample={"facts": ((_("Your code"), "1234-5678"),)},
    ),
    Occasion(
        "gift_begun", Group.MONEY, _("To whoever claimed a gift membership."),
        sample={
            "facts": ((_("Counts from"), _PAID_ON), (_("Ends on"), _NEXT_ON)),
            "action": (_("Your account"), _ACCOUNT),
        },
    ),
    Occasion(
        "gift_unclaimed", Group.MONEY, _("To the buyer of a gift membership that nobody claimed in time."),
        sample={
            "greeting": _GREETED, "facts": ((_("Gift membership"), _("12 months")),),
            "action": (_("Give it to somebody else"), f"{_ACCOUNT}gift-memberships/"),
        },
    ),
    Occasion(
        "gift_ending", Group.REMINDERS, _("Some days before a gift membership ends."),
        sample={"facts": ((_("Ends on"), _NEXT_ON),), "action": (_("Become a patron"), _SUPPORT)},
    ),
    Occasion(
        "granted", Group.MONEY, _("To whom the newsroom gave a membership."),
        sample={
            "greeting": _GREETED, "facts": ((_("Ends on"), _NEXT_ON),), "action": (_("Your account"), _ACCOUNT),
        },
    ),
    Occasion(
        "grant_ended", Group.MONEY, _("To whom a given membership was ended before its day."),
        sample={"greeting": _GREETED, "facts": (), "action": (_("Become a patron"), _SUPPORT)},
    ),
    # Reminders.
    Occasion(
        "card_expiring", Group.REMINDERS, _("The card of a running support expires within 30 days."),
        ("card", "expires"),
        _GIVER | {
            "card": _CARD, "expires": _NEXT_ON, "is_charged_before": False, "facts": _STANDING,
            "action": (_("Change the card"), _ACCOUNT),
        },
    ),
    Occasion(
        "renewal_soon", Group.REMINDERS, _("7 days before a yearly charge."), ("amount", "day"),
        _GIVER | {
            "amount": _YEARLY, "day": _NEXT_ON,
            "facts": ((_("Amount"), _YEARLY), (_("Charged on"), _NEXT_ON), (_("Card"), _CARD)),
            "action": (_("Change or stop"), _ACCOUNT),
        },
    ),
    Occasion(
        "statement_ready", Group.REMINDERS, _("In January, to whoever gave in the year before."), ("year",),
        {"greeting": _GREETED, "year": "2026", "action": (_("Open the statement"), f"{_ACCOUNT}statements/?year=2026")},
    ),
    # Rounds and topics. docs/letters.md says how few of them there are.
    Occasion(
        "round_opened", Group.ROUNDS, _("A round is open, to those who may vote in it."), ("title", "closes"),
        {
            "greeting": _GREETED, "title": _ROUND_TITLE, "closes": _CLOSES,
            "facts": ((_("Topics to choose from"), "8"), (_("Open until"), _CLOSES)),
            "action": (_("To the ballot"), _ROUND),
        },
    ),
    Occasion(
        "round_reminder", Group.ROUNDS, _("Some time before the close, once, to those who have not voted."),
        ("title", "closes"),
        {
            "greeting": _GREETED, "title": _ROUND_TITLE, "closes": _CLOSES,
            "facts": ((_("Open until"), _CLOSES),),
            "action": (_("To the ballot"), _ROUND),
        },
    ),
    Occasion(
        "round_result", Group.ROUNDS, _("A round is counted, to those who took part in it."), ("title",),
        {
            "greeting": _GREETED, "title": _ROUND_TITLE, "is_chosen": True,
            "facts": (
                (_("Chosen"), {"en": "Who owns the river port", "uk": "Кому належить річковий порт"}),
                (_("Voted"), "412"),
            ),
            "action": (_("See the result"), f"{_ROUND}results/"),
        },
    ),
    Occasion(
        "round_stories", Group.ROUNDS, _("Stories of a round are out, to those who took part in it; at most twice."),
        ("title",),
        {
            "greeting": _GREETED, "title": _ROUND_TITLE, "is_several": False, "has_others": False, "is_last": False,
            "facts": ((_TOPIC_TITLE, "https://news.example.org/river-port/"),),
            "action": (_("What came of all topics"), _TOPICS),
        },
    ),
    Occasion(
        "topic_told", Group.ROUNDS, _("What came of a topic, to those who follow it."), ("title",),
        {
            "greeting": _GREETED, "title": _TOPIC_TITLE, "is_out": True, "reason": "",
            "action": (_("Read the story"), "https://news.example.org/river-port/"),
        },
    ),
    Occasion(
        "suggestion_answered", Group.ROUNDS, _("The newsroom's answer to a patron's suggestion."), ("title",),
        {
            "greeting": _GREETED, "title": _TOPIC_TITLE, "outcome": "accepted", "answer": "", "is_public": True,
            "action": (_("The topic's page"), f"{_TOPICS}river-port/"),
        },
    ),
    # The newsroom's own.
    Occasion(
        "monday", Group.STAFF, _("Every Monday, to finance and admins: last week in a few figures."), ("week",),
        {
            "week": {
                "en": "23 November 2026 – 29 November 2026", "uk": "23 листопада 2026 року – 29 листопада 2026 року",
            },
            "is_unwell": False,
            "facts": ((_("Received"), _FIVE), (_("Monthly sum"), _YEARLY), (_("Active patrons"), "128")),
            "action": (_("All figures"), f"{settings.SITE_URL}/reports/"),
        },
    ),
    Occasion(
        "refund_declined", Group.STAFF, _("A refund that needs a second person was declined, to whoever asked for it."),
        ("amount",),
        {
            "amount": _FIVE,
            "facts": (
                (_("Amount"), _FIVE), (_("Payment"), {"en": "7 (€5.00)", "uk": "7 (5,00\N{NO-BREAK SPACE}€)"}),
                (_("Reason"), {"en": "Sent back by bank already", "uk": "Уже повернено через банк"}),
            ),
            "action": (_("Look at the payment"), f"{settings.SITE_URL}/reports/payments/7/"),
        },
    ),
    Occasion(
        "dispute", Group.STAFF, _("A giver's bank asks about a payment, or takes it back."), ("amount", "deadline"),
        {
            "is_inquiry": False, "amount": _FIVE, "deadline": _NEXT_ON,
            "facts": ((_("Amount"), _FIVE), (_("Paid on"), _PAID_ON), (_("Evidence due"), _NEXT_ON)),
            "action": (_("Answer at Stripe"), "https://dashboard.stripe.com/payments/pi_1"),
        },
    ),
)  # fmt: skip

OCCASIONS: dict[str, Occasion] = {occasion.name: occasion for occasion in _ALL}
