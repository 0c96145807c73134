"""What editors type of topics and suggestions."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from asks import origins
from stories.models import Story
from voting import topics
from voting.models import Topic, TopicState
from voting.models.topic import BEFORE_A_BALLOT

# What rounds alone do.
OF_ROUNDS = frozenset({TopicState.ON_BALLOT, TopicState.CHOSEN, TopicState.NOT_CHOSEN, TopicState.MERGED})


def _lines(rows: int = 3) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "dir": "auto"})


class WordsForm(forms.ModelForm):  # type: ignore[type-arg]  # takes none at run time
    """A topic's neutral words. Either language may stay empty, not both."""

    class Meta:
        model = Topic
        fields = ["title_en", "title_uk", "pitch_en", "pitch_uk", "plan_en", "plan_uk", "is_for_ballots"]
        widgets = {name: _lines(2) for name in ("pitch_en", "pitch_uk")} | {
            name: _lines() for name in ("plan_en", "plan_uk")
        }
        help_texts = {
            "is_for_ballots": _(
                "Take the tick away where a vote would tip somebody off or endanger them: the topic is then on no "
                "public page before its story is out."
            )
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("title_en") and not cleaned.get("title_uk"):
            self.add_error("title_en", gettext("Write the title in at least one language."))
        return cleaned

    def words(self) -> dict[str, Any]:
        """What was typed, as `topics.make` and `topics.word` take it."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class AcceptForm(WordsForm):
    """A suggestion becomes a topic."""

    shortlist = forms.BooleanField(label=_("on the shortlist at once"), required=False)
    answer = forms.CharField(
        label=_("A few words to the author (optional)"), max_length=1000, required=False, widget=_lines()
    )


class TopicField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A topic by its title in the editor's language."""

    def __init__(self, *args: Any, language: str, **kwargs: Any) -> None:
        self.language = language
        super().__init__(*args, **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        title: str = obj.title(self.language)
        return title


class MergeForm(forms.Form):
    """Into which topic; those that are most alike first."""

    topic = forms.ModelChoiceField(queryset=Topic.objects.none())

    def __init__(self, data: Any = None, *, language: str, without: Topic | None = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        rows = Topic.objects.filter(state__in=BEFORE_A_BALLOT).order_by("-id")
        if without:
            rows = rows.exclude(pk=without.pk)
        self.fields["topic"] = TopicField(label=_("Topic"), queryset=rows, language=language)


class MergeSuggestionForm(MergeForm):
    """The same, with what the author is told."""

    answer = forms.CharField(
        label=_("A few words to the author (optional)"), max_length=1000, required=False, widget=_lines()
    )


class DeclineForm(forms.Form):
    """No, and why."""

    answer = forms.CharField(label=_("Why not; the author reads it"), max_length=1000, widget=_lines())
    public_reason = forms.CharField(
        label=_("In public (optional)"), max_length=500, required=False, widget=_lines(),
        help_text=_("Stands on the board under “Not taken up”. Use neutral words: not the author's, and no names."),
    )  # fmt: skip


class ReplaceForm(forms.Form):
    """A dropped winner's place goes to the next."""

    reason = forms.CharField(label=_("Reason, shown in public"), max_length=1000, widget=_lines())


class MoveForm(forms.Form):
    """Where a topic goes from where it stands."""

    state = forms.ChoiceField(label=_("Move it to"))
    reason = forms.CharField(
        label=_("Reason, shown in public"), max_length=1000, required=False, widget=_lines(),
        help_text=_("Needed for what is declined, dropped or expired."),
    )  # fmt: skip
    story = forms.CharField(label=_("Address of the story"), max_length=500, required=False)
    story_title = forms.CharField(label=_("Title of the story"), max_length=300, required=False)

    def __init__(self, data: Any = None, *, topic: Topic, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["state"] = forms.ChoiceField(label=_("Move it to"), choices=_choices(topic))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("state") == TopicState.PUBLISHED and not self.errors:
            found = origins.story(cleaned["story"])
            if found is None:
                self.add_error("story", gettext("Write the whole address of the story, with https://."))
            else:
                cleaned["found"] = _titled(found, cleaned["story_title"])
        return cleaned


def _choices(topic: Topic) -> list[tuple[str, Any]]:
    """The moves that editors make."""
    after = topics.MOVES[TopicState(topic.state)] - OF_ROUNDS
    if topic.is_for_ballots and topic.state in BEFORE_A_BALLOT:
        after -= {TopicState.ASSIGNED}
    if topic.state in {TopicState.ON_BALLOT, TopicState.MERGED}:
        after = frozenset()
    return [(state.value, state.label) for state in TopicState if state in after]


def _titled(story: Story, title: str) -> Story:
    if title and story.title != title:
        story.title = title
        story.save(update_fields=["title"])
    return story
