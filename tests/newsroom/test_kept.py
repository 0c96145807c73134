"""`{% kept %}`: made once for the same values and language, anew for others."""

from django.template import engines
from django.utils import translation


def test_a_kept_piece_is_made_once_for_each_value_and_language() -> None:
    page = engines["django"].from_string(
        "{% load i18n kept %}{% kept name %}{{ name }} {% translate 'Topics' %} {{ made }}{% endkept %}"
    )
    said = []
    for number, (language, name) in enumerate([("en", "a<"), ("uk", "a<"), ("en", "b"), ("en", "a<"), ("uk", "a<")]):
        with translation.override(language):
            said.append(page.render({"name": name, "made": number}))
    assert said == ["a&lt; Topics 0", "a&lt; Теми 1", "b Topics 2", "a&lt; Topics 0", "a&lt; Теми 1"]


def test_more_values_than_are_kept_are_made_anew_each_time() -> None:
    page = engines["django"].from_string("{% load kept %}{% kept name %}{{ name }}{% endkept %}")
    assert [page.render({"name": number}) for number in range(250)] == [str(number) for number in range(250)]
