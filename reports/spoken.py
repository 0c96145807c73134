"""What rows keep as a code, in words for staff (the log's acts are in acts.py). An unknown code is shown as it is."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.models.invoice import Recovery

# Stripe's words for what became of a refund, a dispute or a payout.
STRIPE: dict[str, str | Promise] = {
    "pending": _("on its way"), "in_transit": _("on its way"), "paid": _("arrived"), "succeeded": _("done"),
    "failed": _("did not arrive"), "canceled": _("called off"),
    "requires_action": _("the giver has to do something"), "won": _("won"), "lost": pgettext_lazy("a dispute", "lost"),
    "needs_response": _("waits for an answer"), "warning_needs_response": _("waits for an answer"),
    "under_review": _("the bank decides"), "warning_under_review": _("the bank decides"),
    "warning_closed": _("closed"), "prevented": _("averted"),
}  # fmt: skip

# What became of an event of Stripe's.
EVENTS: dict[str, str | Promise] = {
    "pending": _("waits"), "applied": _("applied"), "ignored": _("of no concern here"),
    "dead": _("could not be applied"),
}  # fmt: skip

# Writes to Stripe.
WRITES: dict[str, str | Promise] = {
    "checkout": _("beginning a payment"), "expire": _("closing a payment page"), "product": _("naming the gift"),
    "portal": _("the page for changing a card"), "refund": _("sending money back"),
    "delete_customer": _("forgetting a person"), "customer": _("a new address"),
    "change": _("another amount or rhythm"), "pause": _("pausing"), "resume": _("going on"), "cancel": _("stopping"),
    "cancel_now": _("stopping at once"), "keep": _("not stopping after all"),
}  # fmt: skip

# What mended an invoice that had failed, as its failure keeps it.
WAYS: dict[str, str | Promise] = {
    **dict(Recovery.choices), "unknown": _("not known"), "": _("not within 30 days"),
}  # fmt: skip

# What is limited, so that nobody tries it out by the thousand.
GATES: dict[str, str | Promise] = {
    "gift link": _("wrong links of gift memberships, by network address"),
    "receipt": _("looking up ballots' receipts, by network address"),
    "second factor": _("wrong second steps, by account"), "passkey": _("wrong passkeys, by network address"),
    "address change": _("changing the e-mail address, by account"),
    "code address": _("asking for codes, by network address"),
    "code sign_in": _("codes for signing in, by e-mail address"),
    "code proof": _("codes for proving oneself again, by account"),
    "code gift": _("codes for claiming a gift membership, by e-mail address"),
    "checkout": _("beginning payments, by network address"), "voting.suggest": _("sending suggestions, by account"),
    "statement": _("making statements, by account"), "receipt again": _("sending receipts again, by account"),
    "export": _("taking one's data away, by account"),
}  # fmt: skip
