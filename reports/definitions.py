"""What each figure means, in the words that stand beside it. docs/metrics.md prints the same ones."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Definition:
    """A figure's name and its meaning."""

    name: str
    title: str | Promise
    text: str | Promise


_ALL = (
    Definition("mrr", _("Monthly sum (MRR)"), _(
        "What running recurring gifts bring a month: for each membership live at that moment, its amount divided "
        "by the months between two charges. Live means: the first charge was paid, it has not ended, it is not "
        "paused; after a failed payment it stays live for the days of grace. Single gifts, gift memberships and "
        "granted memberships are not in it. Sums are exact and divided once.",
    )),
    Definition("movements", _("Movements of the monthly sum"), _(
        "Why the sum changed between the beginning and the end of a month; opening and movements give the "
        "closing, to the last unit. A movement counts when it happened, but never before one that was recorded "
        "earlier. Somebody who is back within a day has switched when they are back: that is raised or lowered, "
        "not left and come back. 10 a month made 120 a year moves nothing. What one person raised and lowered in "
        "a month is netted.",
    )),
    Definition("left", _("Left by choice, by unpaid time, by a dispute"), _(
        "By the reason for which the membership ended, on the day it ended, not on the day somebody asked. "
        "Whoever asked to end and then did not pay left by choice.",
    )),
    Definition("patrons", _("Active patrons"), _(
        "Distinct persons with at least one live recurring membership. Recipients of gift memberships and of "
        "granted ones are not among them. Records that were merged are one person, in months that are over too.",
    )),
    Definition("average", _("Average recurring gift"), _(
        "The monthly sum at the month's end divided by the persons who give then, in each currency; of all "
        "currencies, by active patrons. Whoever gives in two currencies is one person in each. Yearly gifts count "
        "with a twelfth.",
    )),
    Definition("churn", _("Patron churn"), _(
        "Persons who were live when the month began and are neither live nor paused when it ends, divided by "
        "persons live when it began. Those who came and went within the month are told apart, and so are those "
        "whose membership ended while it was paused. Yearly payers cannot leave for twelve months, so they are "
        "shown apart from monthly ones; whoever goes over from the one to the other has left neither.",
    )),
    Definition("mrr_churn", _("Churn of the monthly sum"), _(
        "What left and what was lowered, divided by the opening. Net: less what was raised. Pauses and exchange "
        "rates are no churn.",
    )),
    Definition("changes", _("Raised and lowered"), _(
        "Of the persons who were live when the month began, those who give more than then, and those who give "
        "less, as the movements have it: what one person raised and lowered in a month is netted. Whoever raised "
        "in one currency and lowered in another is in neither.",
    )),
    Definition("pauses", _("Back from a pause"), _(
        "Of the pauses whose planned end lay in the month, those after which the same person had resumed within "
        "30 days of it, or earlier, by the same gift or by one in its place. A pause whose end was moved counts "
        "where it was moved to; one without a planned end is not due. A month is shown once these 30 days are "
        "over. As of last night.",
    )),
    Definition("cohort", _("Cohorts"), _(
        "Those whose first recurring charge was in the same month, and the share of them that is live at the end "
        "of that month and of each after it. Whoever comes back belongs to the month in which they first came. "
        "Months that are still to come are empty. Yearly payers look complete until their twelfth month.",
    )),
    Definition("renewal", _("Yearly renewal"), _(
        "Of the paid years that ended in a month, those after which the same person paid a recurring charge for the "
        "time that follows, within 30 days. What was sent back whole or taken back by a bank has paid for neither. A "
        "month is shown once these 30 days are over.",
    )),
    Definition("value", _("What a patron brings, observed"), _(
        "What came of a cohort's recurring payments in its first 6, 12, 24 and 36 months, net of refunds, "
        "disputes and fees, divided by everybody in the cohort. Only cohorts that are old enough.",
    )),
    Definition("projection", _("What a patron brings, projected"), _(
        "Net monthly income per patron divided by the monthly churn, with its interval (95 %). It assumes that "
        "people leave at an even rate, which is not so: most leave early. So it is shown only with at least "
        "twelve months and fifty departures.",
    )),
    Definition("received", _("Received"), _(
        "What givers gave, in the currency they saw, on the day the money was booked; before fees, and before "
        "anything went back. What was recorded by hand by mistake is taken off on the day on which that was found.",
    )),
    Definition("institutional", _("Grants and institutions"), _(
        "Money recorded by hand as a grant or as an institution's, less what was sent back of it. It is in no other "
        "figure of what was received, of net income, of single gifts or of money that went back; in the month close it "
        "is among what was recorded by hand.",
    )),
    Definition("net", _("Net income"), _(
        "Payments less refunds, disputes and fees, in the currency in which the money arrived, each on the day it "
        "happened: a refund in March of a gift of February lowers March. The second row puts the same money into "
        "the month of the gift. Other business on the same Stripe account is not in it.",
    )),
    Definition("returns", _("Refunds and disputes"), _(
        "Of the payments of a month, those of which something has been sent back or that a bank has disputed "
        "since, by number and by value. A dispute counts even if it was won: card networks judge by how many "
        "there were. A payment that failed after all, or was recorded by mistake, never was one.",
    )),
    Definition("gifts", _("Single gifts"), _(
        "Mean and median of single gifts of which nothing went back. A recurring gift's average is the monthly "
        "sum divided by active patrons.",
    )),
    Definition("failed", _("Failed payments"), _(
        "Invoices of the month whose first attempt failed, divided by invoices that fell due in it, by number and "
        "by value. Later attempts are not new failures.",
    )),
    Definition("recovery", _("Recovered"), _(
        "Of the invoices whose first failure was in the month, those paid within 30 days of it, by the bank's "
        "reason for the first failure and by who mended it: a later attempt by itself, the patron, or the newsroom. A "
        "bank says no to a debit days after it was charged, and it failed then. A month that is not 30 days old yet is "
        "“so far”.",
    )),
    Definition("exposure", _("At risk"), _(
        "The part of today's monthly sum that is paid with cards which expire within 60 days, that is failing "
        "now, that is about to leave, and that comes from the largest hundredth of givers. Some expired cards are "
        "renewed silently by the card networks. As of last night.",
    )),
    Definition("origins", _("Where patrons come from"), _(
        "Started: gifts begun on the support page. Joined: persons whose first recurring charge was paid in these "
        "months, a bank debit when it has succeeded. After 90 days: what those who joined at least 90 days ago gave a "
        "month on their 90th day, without anybody whose every recurring payment went back. How often an ask was "
        "shown is not measured yet.",
    )),
    Definition("rule_joining", _("Credit to the gift with which they joined"), _(
        "A person counts for the story, ask and campaign of the recurring gift with which they became a patron.",
    )),
    Definition("rule_first", _("Credit to the first gift ever"), _(
        "A person counts for the story, ask and campaign of the first gift that they ever made, single or recurring. "
        "Grants, institutions' money and what was recorded by mistake are nobody's gift.",
    )),
    Definition("goal", _("Goal"), _(
        "What the newsroom wants to have reached by a day: so many active patrons, or so large a monthly sum in one "
        "currency. Reached is what stands at the end of the month, or now.",
    )),
    Definition("participation", _("Participation"), _(
        "Of the patrons who could vote when the round opened, those whose ballot was in when it closed. Who became a "
        "patron later is told apart. Of a year: distinct persons, over all rounds that closed in it. As of last "
        "night.",
    )),
    Definition("promise", _("Promise kept"), _(
        "Of the topics chosen in rounds that closed more than 60 days ago, those whose story is out. Those dropped, "
        "with a public reason, are told apart; the rest is at work. Days: from the close to the story, the median.",
    )),
    Definition("behind", _("Money behind a topic"), _(
        "Net income of the days after the close of the round before, up to and with the day on which this round "
        "closed, and of a year at most. What came of those who voted, from the roll, is divided in proportion to the "
        "topics' published counts (first preferences, points, or approvals); never from ballots, so it does not say "
        "who gave for what. Each topic has its share rounded down to whole minor units; units left over go, one each, "
        "to the largest remainders, of equal ones to the topic that stands first on the ballot. Unallocated: what "
        "others gave, what cannot be told of a person, and the part of “none of these”. Topics and unallocated give "
        "the net income of these days. In a currency in which fewer than twenty voters gave, all is unallocated. "
        "Shown only of rounds large enough for their counts to be published.",
    )),
    Definition("voters_stay", _("Who voted and who did not"), _(
        "Of those on the roll who were active patrons at the close, the share that is so 90 and 365 days after it. It "
        "does not say that voting makes people stay: those who vote care more to begin with. Shown only where both "
        "groups have at least twenty persons.",
    )),
    Definition("headline", _("All currencies in one"), _(
        "Each currency's figure at the newest stored daily rate not later than the day of the figure. What a "
        "change of rates made of the opening is told apart, as exchange rate. A currency without a rate is left "
        "out and named.",
    )),
    Definition("close", _("Month close"), _(
        "All lines that moved the balance at Stripe in the month, by kind, with what stood there before and "
        "after; payouts are among them, and equal the transfers that Stripe made. Money recorded by hand is told "
        "apart: it never was at Stripe. A closed month keeps its figures; what came later for it is shown beside "
        "them.",
    )),
)  # fmt: skip

DEFINITIONS: dict[str, Definition] = {one.name: one for one in _ALL}
