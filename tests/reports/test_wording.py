"""The staff's pages about letters: words, previews, an example to oneself, and stops that support lifts."""

import pytest
from django.test import Client

from audit.models import StaffAction
from letters import stops
from letters.models import Letter, StoppedAddress, StopReason, Wording
from members.models import Patron, Role
from tests.signing_in import patron, sign_in

pytestmark = pytest.mark.django_db
PAGE = "/reports/wording/raised/en/"
WORDS = {"subject": "Now {rhythm}", "opening": "Hooray <b>!", "closing": "Bye"}


@pytest.fixture
def admin(client: Client) -> Patron:
    who = patron("admin@example.org", Role.ADMIN, second_factor=True)
    sign_in(client, who)
    return who


def actions() -> list[str]:
    return list(StaffAction.objects.filter(target__startswith="wording:").values_list("action", flat=True))


def test_words_are_saved_and_taken_back_and_both_are_in_the_log(admin: Patron, client: Client) -> None:
    assert client.post(PAGE, WORDS | {"do": "save"}).status_code == 302
    assert Wording.objects.get().subject == "Now {rhythm}"
    page = client.get(PAGE).content.decode()
    assert "Now €5.00 a month" in page
    assert "Hooray &lt;b&gt;!" in page
    assert client.post(PAGE, {"do": "reset"}).status_code == 302
    assert not Wording.objects.exists()
    assert actions() == ["wording.change", "wording.reset"]


def test_preview_shows_the_letter_and_saves_nothing(admin: Patron, client: Client) -> None:
    page = client.post(PAGE, WORDS | {"do": "preview"}).content.decode()
    assert "Now €5.00 a month" in page
    html = client.post(f"{PAGE}letter/", WORDS)
    assert "Hooray &lt;b&gt;!" in html.content.decode()
    policy = html.headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert not Wording.objects.exists()
    assert actions() == []


def test_name_that_the_letter_does_not_know_is_refused_with_a_sentence(admin: Patron, client: Client) -> None:
    answer = client.post(PAGE, WORDS | {"do": "save", "opening": "{email}"})
    assert "There is no {email} in this letter. There are: {rhythm}." in answer.content.decode()
    assert not Wording.objects.exists()


def test_example_goes_to_oneself(admin: Patron, client: Client) -> None:
    client.post("/reports/wording/receipt/uk/", {"do": "send"})
    letter = Letter.objects.latest("id")
    assert (letter.to, letter.occasion, letter.language, letter.patron) == (admin.email, "receipt", "uk", None)
    assert actions() == ["wording.try"]


@pytest.mark.parametrize("path", ["party/en/", "raised/xx/", "party/en/letter/"])
def test_letter_that_is_not_there_is_not_found(admin: Patron, client: Client, path: str) -> None:
    assert client.get(f"/reports/wording/{path}").status_code == 404


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ["not sent", "its reader has declined letters"]), ("uk", ["не надіслано", "відмовився від таких листів"])],
)
def test_support_sees_what_became_of_a_persons_letters(client: Client, language: str, words: list[str]) -> None:
    sign_in(client, patron("support@example.org", Role.SUPPORT, second_factor=True))
    olena = patron("olena@example.org")
    Letter.objects.create(
        key="card_expiring:1", occasion="card_expiring", patron=olena, to=olena.email, language="en", subject="Card",
        message_id="<1@example.org>", state="unsent", error=stops.DECLINED,
    )  # fmt: skip
    page = client.get(f"/reports/patrons/{olena.pk}/letters/", headers={"accept-language": language}).content.decode()
    assert all(word in page for word in words)
    assert "expires within 30 days" in page if language == "en" else "30 днів" in page


def test_support_sees_that_letters_are_held_back_and_lets_them_go_again(client: Client) -> None:
    sign_in(client, patron("support@example.org", Role.SUPPORT, second_factor=True))
    olena = patron("olena@example.org")
    stops.stop(olena.email, StopReason.LETTER, "554 5.6.0 odd text")
    page = client.get(f"/reports/patrons/{olena.pk}/").content.decode()
    assert "554 5.6.0 odd text" in page
    assert "Codes for signing in still go" in page
    assert "Send letters to it again" in page
    stops.stop(olena.email, StopReason.REFUSED, "550 5.1.1 nobody there")
    assert "550 5.1.1 nobody there" in client.get(f"/reports/patrons/{olena.pk}/").content.decode()
    assert client.post(f"/reports/patrons/{olena.pk}/stop/").status_code == 302
    assert not StoppedAddress.objects.exists()
    assert "nobody there" not in client.get(f"/reports/patrons/{olena.pk}/").content.decode()
    assert StaffAction.objects.filter(action="stop.lift", target=f"patron:{olena.pk}").count() == 1
