"""A counted round in sentences, built from its trace: the headline, why a topic was not chosen, what broke a tie."""

from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from babel.numbers import format_decimal
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from voting.methods.configuration import NONE
from voting.publication import Published, title_in


class Words:
    """One published result in one language. `withdrawn`: by topic, the reason that the newsroom gave."""

    def __init__(self, published: Published, language: str, withdrawn: Mapping[str, str]) -> None:
        self.published, self.language, self.withdrawn = published, language, withdrawn
        self.rules, self.facts, self.count = published.rules, published.facts, published.facts["count"]
        self.totals: Mapping[str, Any] = self.count.get("totals", {})
        # As the tables and pictures number them: by the order on the ballot.
        self.numbers = {choice: number for number, choice in enumerate(self.rules.choices, 1)}

    def number(self, value: Fraction | Decimal | int | str, places: int = 4) -> str:
        """A number of the trace, to so many decimals."""
        exact = Fraction(value)
        unit = Decimal(1).scaleb(-places)
        rounded = (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(unit, ROUND_HALF_UP)
        return str(format_decimal(rounded, format=f"#,##0.{'#' * places}", locale=self.language))

    def percent(self, part: int, whole: int) -> str:
        """Rounded to whole hundredths."""
        return str(format_decimal((200 * part + whole) // (2 * whole) if whole else 0, locale=self.language)) + " %"

    def title(self, choice: str) -> str:
        return self._titles[choice]

    def quoted(self, choice: str) -> str:
        return _("“%(title)s”") % {"title": self.title(choice)}

    def listed(self, choices: Iterable[str]) -> str:
        """“A”, “B” and “C”."""
        *first, last = [self.quoted(choice) for choice in choices] or ["—"]
        return _("%(first)s and %(last)s") % {"first": ", ".join(first), "last": last} if first else last

    @cached_property
    def _titles(self) -> dict[str, str]:
        found = {topic.id: title_in(topic, self.language) for topic in self.rules.topics}
        return found | {NONE: _("None of these")}

    # -- the headline

    def headline(self) -> str:
        """The result in one sentence."""
        chosen = self.count["chosen"]
        if not chosen:
            return self._nothing()
        if "totals" not in self.count or len(chosen) > 1:
            return self._several(chosen)
        single: dict[str, Callable[[str], str]] = {"schulze": self._by_duels, "irv": self._by_rounds}
        return single.get(self.rules.method, self._by_totals)(chosen[0])

    def _nothing(self) -> str:
        closing, least = self.published.closing, self.rules.minimum_turnout
        if not closing.ballots:
            return _("No topic was chosen: nobody voted.")
        if closing.ballots < least:
            return _("No topic was chosen: %(least)s valid ballots were needed, and there were %(ballots)s.") % {
                "least": self.number(least), "ballots": self.number(closing.ballots)
            }  # fmt: skip
        if not closing.counted:
            return _("No topic was chosen: every ballot was blank.")
        return _("No topic was chosen: none met the conditions of the round.")

    def _several(self, chosen: list[str]) -> str:
        covered = self.facts.get("coverage")
        if len(chosen) == 1:
            return _("%(topics)s was chosen.") % {"topics": self.listed(chosen)}
        if not covered or not covered["voters"]:
            return _("%(topics)s were chosen.") % {"topics": self.listed(chosen)}
        return ngettext(
            "%(topics)s were chosen; %(reached)s of %(voters)s voter named at least one of them.",
            "%(topics)s were chosen; %(reached)s of %(voters)s voters named at least one of them.",
            covered["voters"],
        ) % {
            "topics": self.listed(chosen),
            "reached": self.number(covered["with_a_topic"]),
            "voters": self.number(covered["voters"]),
        }

    def _by_totals(self, winner: str) -> str:
        said = {"topic": self.quoted(winner), "ballots": self.number(self.published.closing.counted)}
        counted = self.published.closing.counted
        if self.rules.ballot in {"points", "quadratic"}:
            had = self.totals["points"][winner]
            return ngettext(
                "%(topic)s was chosen, with %(had)s point.", "%(topic)s was chosen, with %(had)s points.", had
            ) % (said | {"had": self.number(had)})
        had = self.totals["support"][winner]
        if self.rules.weight > 1:
            return _("%(topic)s was chosen, with %(had)s votes.") % (said | {"had": self.number(had)})
        if self.rules.ballot == "ranking":
            return ngettext(
                "%(topic)s was chosen; it stands on %(had)s of %(ballots)s ballot.",
                "%(topic)s was chosen; it stands on %(had)s of %(ballots)s ballots.",
                counted,
            ) % (said | {"had": self.number(had)})
        return ngettext(
            "%(topic)s was chosen: %(had)s of %(ballots)s voter is for it.",
            "%(topic)s was chosen: %(had)s of %(ballots)s voters are for it.",
            counted,
        ) % (said | {"had": self.number(had)})

    def _by_duels(self, winner: str) -> str:
        duels = self.totals["pairwise"]
        others = [topic for topic in duels if topic not in {winner, NONE}]
        said = {"topic": self.quoted(winner)}
        if not others:
            return self._several([winner])
        if all(duels[winner][other] > duels[other][winner] for other in others):
            return _("%(topic)s was chosen: against each other topic alone, more voters prefer it.") % said
        return _("%(topic)s was chosen by Schulze’s rule: no topic beats each of the others.") % said

    def _by_rounds(self, winner: str) -> str:
        steps = self.count.get("steps")
        if not steps:
            return self._several([winner])
        last = steps[-1]["tallies"]
        said = {
            "topic": self.quoted(winner),
            "had": self.number(last[winner]),
            "ballots": self.number(sum(last.values())),
            "round": self.number(len(steps)),
        }
        if len(steps) == 1:
            return _("%(topic)s was chosen in the first round, with %(had)s of %(ballots)s first preferences.") % said
        return _("%(topic)s was chosen in round %(round)s, with %(had)s of %(ballots)s ballots.") % said

    def method(self) -> str:
        """How the round was counted, in two or three sentences."""
        return {
            "approval": _("Everybody could name several topics. Those with the most approvals are chosen."),
            "points": _("Everybody could give points. The topics with the most points are chosen."),
            "equal_shares": _(
                "Every voter has an equal share of what there is to decide, and spends it on topics of their own, "
                "together with others who want the same. So the largest group cannot take everything (Method of Equal "
                "Shares)."
            ),
            "schulze": _(
                "Everybody ranked topics, and each topic is compared with each other one. Chosen is the one that no "
                "other beats, directly or by a chain of victories (Schulze’s method)."
            ),
            "irv": _(
                "Everybody ranked topics. The last topic goes out, and each of its ballots goes to the next topic on "
                "it, until one topic has more than half (instant runoff)."
            ),
            "stv": _(
                "Everybody ranked topics. A topic that reaches the quota is chosen, and what it has above the quota is "
                "passed on. If none does, the last one goes out, and each of its ballots goes to the next topic on it "
                "(single transferable vote, Scottish rules)."
            ),
        }[self.rules.method]

    # -- why not

    def reason(self, choice: str) -> str:
        """Why this topic was not chosen; empty where that is not published."""
        why = self.count.get("why", {}).get(choice)
        if not why:
            return ""
        tell: dict[str, Callable[[str, Mapping[str, Any]], str]] = {
            "withdrawn": self._withdrawn, "support": self._too_few, "lot": self._by_lot, "out": self._out,
            "fewer": self._fewer, "spent": self._spent,
        }  # fmt: skip
        if why["reason"] in tell:
            return tell[why["reason"]](choice, why)
        said = {name: self.number(why[name]) for name in ("had", "needed") if name in why}
        said |= {"by": self.quoted(why["by"])} if "by" in why else {}
        sentences = {
            "turnout": _("Too few voted: %(had)s valid ballots, and %(needed)s were needed."),
            "too_dear": _("It costs %(needed)s, more than the whole budget of %(had)s."),
            "below_none": _("Not above “none of these”: it has %(had)s, and needed %(needed)s."),
            "slots_filled": _("All places were filled; it had %(had)s votes, and the quota is %(needed)s."),
            "beaten": _("%(by)s beats it: a chain of strength %(needed)s against one of %(had)s."),
        }
        return sentences[why["reason"]] % said

    def _withdrawn(self, choice: str, _why: Mapping[str, Any]) -> str:
        reason = self.withdrawn.get(choice)
        return _("Withdrawn while the vote ran: %(reason)s") % {"reason": reason} if reason else _("Withdrawn.")

    def _too_few(self, _choice: str, why: Mapping[str, Any]) -> str:
        if not why["had"]:
            return _("It stands on no ballot.")
        said = {"had": self.number(why["had"]), "needed": self.number(why["needed"])}
        return _("Named by %(had)s; at least %(needed)s were needed.") % said

    def _by_lot(self, _choice: str, why: Mapping[str, Any]) -> str:
        if "by" in why:
            return _("Level with %(by)s; the lot decided.") % {"by": self.quoted(why["by"])}
        return _("As many as the last one chosen, %(had)s; the lot decided.") % {"had": self.number(why["had"])}

    def _out(self, _choice: str, why: Mapping[str, Any]) -> str:
        said = {"step": self.number(why["step"]), "had": self.number(why["had"])}
        return _("Went out in round %(step)s, as the last one, with %(had)s.") % said

    def _fewer(self, _choice: str, why: Mapping[str, Any]) -> str:
        said = {"had": self.number(why["had"]), "needed": self.number(why["needed"])}
        if self.rules.method == "irv":
            return _("In the last round it had %(had)s, the winner %(needed)s.") % said
        return _("It has %(had)s; the last one chosen has %(needed)s.") % said

    def _spent(self, _choice: str, why: Mapping[str, Any]) -> str:
        said = {"had": self.number(why["had"]), "needed": self.number(why["needed"])}
        sentence = _("Its supporters had %(had)s left of their shares; it costs %(needed)s.") % said
        if self.rules.budget is not None and why.get("left") is not None:
            sentence += " " + _("Of the budget, %(left)s remained.") % {"left": self.number(why["left"])}
        return sentence

    # -- ties

    def tie(self, entry: Mapping[str, Any]) -> str:
        """One tie of the log, and what broke it."""
        taken = [entry["taken"]] if isinstance(entry["taken"], str) else list(entry["taken"])
        said = {
            "tied": self.listed(entry["tied"]), "taken": self.listed(taken),
            "step": self.number(entry["step"]), "earlier": entry["by"].rpartition(" ")[2],
        }  # fmt: skip
        about = {
            "the last slot": _("%(tied)s were level for the last place."),
            "the winner": _("%(tied)s were level for the first place."),
            "the reserve": _("%(tied)s were level for the next place in the reserve."),
            "which is bought first": _("In step %(step)s, %(tied)s were level: which one is paid for first?"),
            "who can pay first": _("In step %(step)s, the supporters of %(tied)s could pay at the same moment."),
            "whose surplus is first": _("In round %(step)s, %(tied)s had equal surpluses: whose is passed on first?"),
            "which goes out": _("In round %(step)s, %(tied)s were level: which one goes out?"),
        }[entry["about"]]
        if entry["by"] == "lot":
            by = _("The lot said: %(taken)s.")
        elif entry["by"] == "support":
            by = _("More voters are for %(taken)s.")
        else:
            by = _("Round %(earlier)s, the latest in which they differ, said: %(taken)s.")
        return f"{about % said} {by % said}"
