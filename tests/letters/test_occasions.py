"""The list of occasions is whole: each has its templates, and each is printed in both languages."""

import pytest
from django.template.loader import get_template
from django.utils import translation

from letters import outbox
from letters.models import Letter
from letters.occasions import OCCASIONS, Occasion


@pytest.mark.parametrize("occasion", OCCASIONS.values(), ids=OCCASIONS)
def test_staff_may_use_what_the_sample_shows(occasion: Occasion) -> None:
    get_template(f"emails/{occasion.name}/letter.txt")
    sample = occasion.example("en")
    assert [name for name in occasion.variables if not isinstance(sample[name], str)] == []


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "uk"])
@pytest.mark.parametrize("occasion", OCCASIONS.values(), ids=OCCASIONS)
def test_every_occasion_is_written_from_its_sample(occasion: Occasion, language: str) -> None:
    letter = outbox.write(
        occasion=occasion.name, key="sample", to="olena@example.org", language=language,
        context=occasion.example(language),
    )  # fmt: skip
    assert isinstance(letter, Letter)
    assert "{{" not in letter.subject + letter.text + letter.html
    with translation.override(language):
        assert all(str(value) in letter.text for _, value in occasion.example(language).get("facts", ()))


@pytest.mark.django_db
def test_letter_of_an_occasion_that_nobody_listed_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        outbox.write(occasion="party", key="party:1", to="olena@example.org", language="en", context={})
