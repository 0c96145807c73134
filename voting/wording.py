"""A round's rules in plain words, for the ballot, for staff who draft one, and for letters."""

from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from letters.printing import moment
from voting.methods.configuration import FEWEST_OF_A_WEIGHT, NONE, Configuration
from voting.models import Eligibility, Round, Topic


def titles(rules: Configuration, language: str) -> dict[str, str]:
    """The topics' titles by id, and that of "none of these"."""
    found = {choice.id: frozen_topic(choice.id, choice.texts).title(language) for choice in rules.topics}
    return found | {NONE: _("None of these")}


def frozen_topic(slug: str, texts: dict[str, str]) -> Topic:
    """A topic in the words that the configuration keeps of it. Not a row: it is only read, and the same for all."""
    return _frozen_topic(slug, tuple(texts.items()))


@lru_cache(maxsize=512)
def _frozen_topic(slug: str, texts: tuple[tuple[str, str], ...]) -> Topic:
    return Topic(slug=slug, **dict(texts))


def task(rules: Configuration) -> str:
    """What a voter does, in a sentence."""
    if rules.ballot == "approval":
        if rules.most is None:
            return _("Choose as many topics as you like.")
        return ngettext("Choose %(most)s topic.", "Choose up to %(most)s topics.", rules.most) % {"most": rules.most}
    if rules.ballot == "ranking":
        if rules.most is None:
            return _("Give your topics a place, the one you want most first. Rank as many as you like.")
        return ngettext(
            "Give %(most)s topic the first place.",
            "Give up to %(most)s topics a place, the one you want most first.",
            rules.most,
        ) % {"most": rules.most}
    said = {"total": rules.total, "most": rules.most}
    if rules.ballot == "points":
        return _("Give out %(total)s points, at most %(most)s to one topic.") % said
    return (
        _(
            "Give points to topics, at most %(most)s to one. You have %(total)s credits: one point for a topic costs 1 "
            "credit, two cost 4, three cost 9, and so on."
        )
        % said
    )


def winners(rules: Configuration) -> str:
    """How much is chosen."""
    if rules.slots is None:
        return _("The newsroom offers a budget of %(budget)s; what each topic costs of it stands beside it.") % {
            "budget": rules.budget
        }
    return ngettext("%(slots)s topic is chosen.", "%(slots)s topics are chosen.", rules.slots) % {"slots": rules.slots}


def counting(rules: Configuration) -> list[str]:
    """How it is counted, in a few sentences that need no knowledge."""
    how = {
        "approval": _(
            "Each topic gets one vote from every ballot that names it. Those with the most votes are chosen."
        ),
        "points": _("The points of all ballots are added up. The topics with the most points are chosen."),
        "equal_shares": _(
            "Balanced: every voter gets an equal share of what there is to decide and spends it on topics of their "
            "own, together with others who want the same. So the largest group cannot take everything, and smaller "
            "groups get their part. What remains is filled by the same idea (Method of Equal Shares, completed by "
            "Phragmén’s rule)."
        ),
        "schulze": _(
            "Every topic is compared with every other one: how many ballots place it higher? Chosen is the topic that "
            "no other beats, directly or by a chain of victories (Schulze’s method)."
        ),
        "irv": _(
            "First places are counted. The last topic goes out, and its ballots go on to the next topic on them, one "
            "topic at a time, until one has more than half (instant runoff)."
        ),
        "stv": _(
            "A topic that reaches the quota is chosen, and what it has above the quota is passed on to the next topics "
            "on those ballots. If none reaches it, the last topic goes out and its ballots are passed on (single "
            "transferable vote, by the Scottish rules)."
        ),
    }[rules.method]
    said = [how]
    if rules.ballot == "ranking":
        said.append(_("What you do not rank stands below all that you rank, and equal among itself."))
        if rules.method == "schulze":
            said.append(_("You may give two topics the same place."))
    said.append(_("A blank ballot counts for the turnout and for nothing else."))
    return said


def conditions(rules: Configuration) -> list[str]:
    """What a topic needs beside votes, and what differs from one person, one vote."""
    said = []
    if rules.none:
        said.append(
            _("“None of these” is on the ballot. A topic is chosen only if more voters are for it than for that line.")
        )
    if rules.minimum_support > 1:
        said.append(
            ngettext(
                "A topic is chosen only if at least %(least)s ballot names it.",
                "A topic is chosen only if at least %(least)s ballots name it.",
                rules.minimum_support,
            )
            % {"least": rules.minimum_support}
        )
    if rules.minimum_turnout > 0:
        said.append(
            ngettext(
                "Nothing is chosen unless there is at least %(least)s valid ballot.",
                "Nothing is chosen unless there are at least %(least)s valid ballots.",
                rules.minimum_turnout,
            )
            % {"least": rules.minimum_turnout}
        )
    if rules.weight > 1:
        said.append(
            _(
                "Ballots weigh from 1 to %(weight)s by the level of support. The result is published both so and with "
                "one vote for everybody."
            )
            % {"weight": rules.weight}
        )
        said.append(
            _(
                "A weight that fewer than %(few)s ballots have would show whose they are: at the close it becomes the "
                "next lower one. Until then such a ballot can be told by its weight by whoever reads the database, and "
                "for as long as copies from those days are kept."
            )
            % {"few": FEWEST_OF_A_WEIGHT}
        )
    return said


def ties() -> str:
    """The rule for ties; the same in every round."""
    return _(
        "If topics are level, the method’s own rule decides where it has one, and then the lot: its seed is drawn when "
        "the round opens and published with the result, so that nobody can choose it to fit the ballots."
    )


def publishing(rules: Configuration) -> str:
    """What is published of the ballots, by how many there are."""
    said = {"totals": rules.publish_totals, "ballots": rules.publish_ballots}
    sentence = _(
        "From %(totals)s ballots on the totals are published; from %(ballots)s on every ballot, without name, time or "
        "order, so that anybody can count again. With fewer, only what was chosen."
    )
    return sentence % said


def voters(of: Round) -> str:
    """Who may vote, in a sentence."""
    if of.eligibility == Eligibility.AT_OPEN:
        return _("Members vote whose first payment had arrived when the round opened.")
    return ngettext(
        "Members vote whose first payment has arrived, at the latest %(hours)s hour before the close.",
        "Members vote whose first payment has arrived, at the latest %(hours)s hours before the close.",
        of.cutoff_hours,
    ) % {"hours": of.cutoff_hours}


def told(of: Round, rules: Configuration, language: str) -> dict[str, Any]:
    """All that the ballot's page says of a round and its rules."""
    return {
        "round": of,
        "rules": rules,
        "title": of.title(language),
        "intro": of.intro(language),
        "opens": moment(of.opens_at, language),
        "closes": moment(of.closes_at, language),
        "task": task(rules),
        "winners": winners(rules),
        "counting": counting(rules),
        "conditions": conditions(rules),
        "ties": ties(),
        "publishing": publishing(rules),
        "voters": voters(of),
    }
