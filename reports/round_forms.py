"""What editors type about rounds. Each rule of a round is said in words beside its field, and refused in words.

Days and hours are the newsroom's own: the views read these forms in its zone, in which an hour that a change of the
clocks takes away or gives twice is refused.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from voting.methods.configuration import (
    BALLOTS,
    FEWEST_FOR_BALLOTS,
    FEWEST_FOR_TOTALS,
    FEWEST_WITH_CONSENT,
    MOST_WEIGHT,
    ONE_WINNER,
)
from voting.models import Round, RoundTopic, Topic

MOST_ON_A_BALLOT = 60
# The ways to decide: how it is counted, what the ballot looks like.
WAYS = [
    ("approval:approval", _("Choose several. The topics with the most approvals win. Simple; best for one winner.")),
    ("equal_shares:approval", _("Choose several, balanced: the largest group cannot take all. For several winners.")),
    ("schulze:ranking", _("Rank, one winner: who wins against each other topic (Schulze).")),
    ("irv:ranking", _("Rank, one winner: the last goes out, round by round (instant runoff).")),
    ("stv:ranking", _("Rank, several winners (single transferable vote, Scottish rules).")),
    ("points:points", _("Give points. The topics with the most points win.")),
    ("equal_shares:points", _("Give points, balanced.")),
    ("points:quadratic", _("Give points, of which each further one costs more.")),
    ("equal_shares:quadratic", _("Give points, of which each further one costs more, balanced.")),
]  # fmt: skip
# Years in which a round can be.
EARLIEST, LATEST = 1990, 2100
_MOMENT = "%Y-%m-%dT%H:%M"


def _not_far_away(moment: datetime) -> None:
    if not EARLIEST <= moment.year <= LATEST:
        raise forms.ValidationError(_("This day is too far away."))


def _moment(**more: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_MOMENT)
    return forms.DateTimeField(widget=widget, validators=[_not_far_away], **more)


class RoundForm(forms.ModelForm):  # type: ignore[type-arg]  # takes none at run time
    """A draft's words, rules and times. `fields_of_round` is what `rounds.draft` and `rounds.change` take."""

    way = forms.ChoiceField(label=_("Ways of deciding"), choices=WAYS, widget=forms.RadioSelect)
    opens_at = _moment(label=_("Opens"))
    closes_at = _moment(label=_("Closes"))
    reminds_at = _moment(
        label=_("Reminder"), required=False, help_text=_("Once, to those who have not voted. Empty for none.")
    )
    weight = forms.IntegerField(
        label=_("Largest weight of a ballot"), initial=1, min_value=1, max_value=MOST_WEIGHT,
        help_text=_("1: one patron, one vote. More follows the level of support, and both counts are published."),
    )  # fmt: skip

    GROUPS = (
        (_("Words"), ["title_en", "title_uk", "slug", "intro_en", "intro_uk"]),
        (_("How it is decided"), ["way", "slots", "budget", "most", "total", "offers_none"]),
        (_("Who may vote"), ["eligibility", "cutoff_hours", "weight", "is_sensitive"]),
        (_("When"), ["opens_at", "closes_at", "reminds_at"]),
        (
            _("Conditions and what is published"),
            ["minimum_support", "minimum_turnout", "publish_totals", "publish_ballots", "asks_consent"],
        ),
    )

    class Meta:
        model = Round
        fields = [
            "slug", "title_en", "title_uk", "intro_en", "intro_uk", "slots", "budget", "most", "total", "offers_none",
            "minimum_support", "minimum_turnout", "weight", "publish_totals", "publish_ballots", "asks_consent",
            "eligibility", "cutoff_hours", "is_sensitive", "opens_at", "closes_at", "reminds_at",
        ]  # fmt: skip
        labels = {"slug": _("Name in the address")}
        help_texts = {
            "slug": _("Small Latin letters, digits and hyphens, as in “spring-2027”."),
            "slots": _("How many topics win. Empty if there is a budget."),
            "budget": _("For balanced counts: what the winners may cost together, for example in reporter-days."),
            "most": _("How many topics a voter may name (empty: any number), or how many points one may get."),
            "total": _("For points only: how many a voter has to give; with rising cost, how many credits."),
            "offers_none": _("A topic that does not stand above this line is not chosen."),
            "minimum_support": _("A topic named by fewer ballots is not chosen."),
            "minimum_turnout": _("With fewer valid ballots nothing is chosen."),
            "publish_totals": _("At least 10. Below it only the winners are published."),
            "publish_ballots": _("At least 50 for approvals, 200 for rankings and points (50 if voters are told so)."),
            "asks_consent": _("The ballot then says so, and what somebody could read from it."),
            "eligibility": _("The former lets readers join in order to vote. Sensitive: take the latter."),
            "cutoff_hours": _("So many hours before the close the first payment must have arrived."),
            "is_sensitive": _("Marks the round for your colleagues."),
        }  # fmt: skip
        widgets = {"intro_en": forms.Textarea(attrs={"rows": 3}), "intro_uk": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, data: QueryDict | None = None, *, instance: Round | None = None) -> None:
        way = f"{instance.method}:{instance.ballot}" if instance else "approval:approval"
        super().__init__(data, instance=instance, initial={"way": way})

    def groups(self) -> Iterator[tuple[Any, list[BoundField]]]:
        """The fields under their headings."""
        for legend, names in self.GROUPS:
            yield legend, [self[name] for name in names]

    @property
    def fields_of_round(self) -> dict[str, Any]:
        method, ballot = self.cleaned_data["way"].split(":")
        return {name: self.cleaned_data[name] for name in self.Meta.fields} | {"method": method, "ballot": ballot}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "way" in cleaned:
            method, ballot = cleaned["way"].split(":")
            if ballot not in BALLOTS[method]:
                raise forms.ValidationError(_("This ballot cannot be counted so."))
            self._check_what_is_chosen(cleaned, method)
            self._check_points(cleaned, ballot)
            self._check_publication(cleaned, ballot)
            self.instance.method, self.instance.ballot = method, ballot
        self._check_times(cleaned)
        if not cleaned.get("title_en") and not cleaned.get("title_uk"):
            self.add_error("title_en", _("A round needs a title in at least one language."))
        return cleaned

    def _check_what_is_chosen(self, cleaned: dict[str, Any], method: str) -> None:
        slots, budget = cleaned.get("slots"), cleaned.get("budget")
        if {"slots", "budget"} & self.errors.keys():
            return
        if (slots is None) == (budget is None):
            self.add_error("slots", _("Write either how many topics win or a budget."))
        elif budget is not None and (method != "equal_shares" or budget < 1):
            self.add_error("budget", _("Only a balanced count can spend a budget, of at least 1."))
        elif slots is not None and slots < 1:
            self.add_error("slots", _("At least one topic wins."))
        elif method in ONE_WINNER and slots != 1:
            self.add_error("slots", _("This way of deciding has one winner."))
        if method == "stv" and cleaned.get("most") == 1:
            self.add_error("most", _("With several winners voters need more than one place to give."))

    def _check_points(self, cleaned: dict[str, Any], ballot: str) -> None:
        most, total = cleaned.get("most"), cleaned.get("total")
        if ballot not in {"points", "quadratic"}:
            cleaned["total"] = None
            if most == 0:
                self.add_error("most", _("A ballot names at least one topic."))
        elif not most or not total:
            self.add_error("total" if most else "most", _("A ballot of points needs both numbers, at least 1."))
        elif most > total or (ballot == "quadratic" and most * most > total):
            self.add_error("most", _("Nobody has that many to give to one topic."))

    def _check_publication(self, cleaned: dict[str, Any], ballot: str) -> None:
        totals, ballots = cleaned.get("publish_totals"), cleaned.get("publish_ballots")
        if totals is None or ballots is None:
            return
        fewest = FEWEST_FOR_BALLOTS[ballot]
        if cleaned.get("asks_consent"):
            fewest = min(fewest, FEWEST_WITH_CONSENT)
        if totals < FEWEST_FOR_TOTALS:
            self.add_error(
                "publish_totals",
                _("At least %(least)s: with fewer, totals tell who voted how.") % {"least": FEWEST_FOR_TOTALS},
            )
        if ballots < max(fewest, totals):
            self.add_error(
                "publish_ballots",
                _("At least %(least)s for this ballot; you can only be stricter.") % {"least": max(fewest, totals)},
            )

    def _check_times(self, cleaned: dict[str, Any]) -> None:
        opens, closes, reminds = (cleaned.get(name) for name in ("opens_at", "closes_at", "reminds_at"))
        if opens and closes and closes <= opens:
            self.add_error("closes_at", _("A round closes after it opens."))
        elif opens and closes and reminds and not opens < reminds < closes:
            self.add_error("reminds_at", _("The reminder goes out while the round is open."))

    def _get_validation_exclusions(self) -> set[str]:
        # Django's own checks of these constraints would say in code what is said in words above.
        usual: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # not in the stubs
        return usual | {"slots", "budget", "closes_at", "title_en", "title_uk"}


class TopicsForm(forms.Form):
    """Which topics stand on the ballot, in which order, at what cost. An empty order leaves one out."""

    def __init__(self, data: QueryDict | None = None, *, of: Round) -> None:
        super().__init__(data)
        self.has_costs = of.budget is not None
        there = {entry.topic_id: entry for entry in RoundTopic.objects.filter(round=of)}
        may = Topic.objects.for_a_ballot().order_by("-id")
        self.topics = sorted(may, key=lambda topic: there[topic.pk].position if topic.pk in there else 10_000)
        for topic in self.topics:
            entry = there.get(topic.pk)
            self.fields[f"order-{topic.pk}"] = forms.IntegerField(
                required=False, min_value=1, max_value=999, initial=entry and entry.position
            )
            if self.has_costs:
                self.fields[f"cost-{topic.pk}"] = forms.IntegerField(
                    required=False, min_value=1, max_value=of.budget, initial=entry.cost if entry else 1
                )

    def rows(self) -> Iterator[tuple[Topic, BoundField, BoundField | None]]:
        for topic in self.topics:
            yield topic, self[f"order-{topic.pk}"], self[f"cost-{topic.pk}"] if self.has_costs else None

    def entries(self) -> list[tuple[Topic, int]]:
        """The valid form as `rounds.set_topics` takes it."""
        said = self.cleaned_data
        on_it = [topic for topic in self.topics if said.get(f"order-{topic.pk}")]
        on_it.sort(key=lambda topic: (said[f"order-{topic.pk}"], topic.pk))
        return [(topic, said.get(f"cost-{topic.pk}") or 1) for topic in on_it]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if len(self.entries()) > MOST_ON_A_BALLOT:
            raise forms.ValidationError(_("At most %(most)s topics fit on a ballot.") % {"most": MOST_ON_A_BALLOT})
        return cleaned


class _TopicField(forms.ModelChoiceField):  # type: ignore[type-arg]  # takes none at run time
    """Topics by their title."""

    def label_from_instance(self, obj: Topic) -> str:
        return obj.title("uk" if get_language() == "uk" else "en")


class WithdrawForm(forms.Form):
    """A topic that leaves an open ballot."""

    topic = _TopicField(label=_("Topic"), queryset=Topic.objects.none())
    reason = forms.CharField(
        label=_("Reason"), max_length=500, help_text=_("Published on the ballot and with the result.")
    )

    def __init__(self, data: QueryDict | None = None, *, of: Round) -> None:
        super().__init__(data, auto_id="withdraw_%s")
        still = Topic.objects.filter(entries__round=of, entries__withdrawn_at=None)
        self.fields["topic"] = _TopicField(label=_("Topic"), queryset=still.order_by("entries__position"))


class ExtendForm(forms.Form):
    """More time for an open round."""

    closes_at = _moment(label=_("Closes"))
    reason = forms.CharField(label=_("Reason"), max_length=500, help_text=_("Published in the round’s log."))

    def __init__(self, data: QueryDict | None = None, *, of: Round) -> None:
        super().__init__(data, auto_id="extend_%s", initial={"closes_at": of.closes_at})


class CorrectForm(forms.Form):
    """Why a round is counted again."""

    reason = forms.CharField(label=_("Reason"), max_length=500, help_text=_("Published with the new version."))

    def __init__(self, data: QueryDict | None = None, *, of: Round) -> None:  # noqa: ARG002  called like the others
        super().__init__(data, auto_id="correct_%s")
