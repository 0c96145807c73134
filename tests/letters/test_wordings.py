"""The newsroom's own words: what they may hold, where they stand, and that they can be taken back."""

import pytest

from letters import outbox, wordings
from letters.models import Letter
from letters.occasions import OCCASIONS

pytestmark = pytest.mark.django_db
RAISED = OCCASIONS["raised"]


def letter(key: str = "raised:1", language: str = "en") -> Letter:
    written = outbox.write(
        occasion="raised", key=key, to="olena@example.org", language=language,
        context={"rhythm": "€5.00 <a month>", "greeting": ""},
    )  # fmt: skip
    assert written
    return written


def parts(subject: str = "", opening: str = "", closing: str = "") -> dict[str, str]:
    return {"subject": subject, "opening": opening, "closing": closing}


def test_own_words_stand_around_what_must_be_said() -> None:
    wordings.save(RAISED, "en", parts("Now {rhythm}", "Wow & thanks.\n\nTruly: {rhythm}.", "<i>Bye</i>"))
    written = letter()
    assert written.subject == "Now €5.00 <a month>"
    own, ours, end = (written.text.index(words) for words in ("Wow & thanks.", "from now on you give", "<i>Bye</i>"))
    assert own < ours < end
    assert "Wow &amp; thanks.</p>" in written.html
    assert "Truly: €5.00 &lt;a month&gt;." in written.html
    assert "&lt;i&gt;Bye&lt;/i&gt;" in written.html
    assert "<i>" not in written.html


def test_other_language_and_other_occasions_keep_their_words() -> None:
    wordings.save(RAISED, "en", parts("Hooray"))
    assert letter("raised:2", "uk").subject != "Hooray"


def test_part_that_is_empty_stays_as_it_came_and_reset_takes_the_rest_back() -> None:
    original = letter("raised:1").subject
    wordings.save(RAISED, "en", parts(closing="Bye"))
    assert letter("raised:2").subject == original
    assert wordings.reset(RAISED, "en")
    assert "Bye" not in letter("raised:3").text
    assert not wordings.reset(RAISED, "en")


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("subject", "For {amount}"), ("opening", "Dear {email}"), ("closing", "{rhythm.minor}"), ("opening", "{}"),
        ("subject", "One\nBcc: eve@example.org"), ("subject", "One\u2028two"), ("subject", "{rhythm}"),
        ("opening", "a\x00b"), ("closing", "\u202eolleh"),
    ],
)  # fmt: skip
def test_words_that_a_letter_cannot_have_are_refused(part: str, words: str) -> None:
    with pytest.raises(wordings.NotAWording) as refused:
        wordings.save(RAISED, "en", parts() | {part: words})
    assert refused.value.part == part
    assert str(refused.value)
    assert wordings.of(RAISED, "en").pk is None


@pytest.mark.parametrize("language", ["en", "uk"])
@pytest.mark.parametrize("name", OCCASIONS)
def test_words_that_came_are_a_wording_themselves(name: str, language: str) -> None:
    occasion = OCCASIONS[name]
    originals = wordings.originals(occasion, language)
    before = wordings.example(occasion, language, wordings.of(occasion, language))
    after = wordings.example(occasion, language, wordings.save(occasion, language, originals))
    assert after == before
