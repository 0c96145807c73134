"""Signing in: by a code in a letter; staff with a second factor; nobody with a password, nobody told who is known."""

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import get_resolver
from pytest_django import DjangoCaptureOnCommitCallbacks

from letters.models import Letter
from limits import gates
from members import sign_ins
from members.models import Patron
from tests.signing_in import app_code, at_once, first_step, letter_code, patron, recovery_code, sign_in

LOGIN, CONFIRM, SECOND = "/account/login/", "/account/login/code/confirm/", "/account/second-factor/authenticate/"


def test_a_patron_signs_in_with_the_code_from_the_letter(db: None, client: Client) -> None:
    who = patron()
    answer = first_step(client, who.email)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/account/")
    assert client.get("/account/").status_code == 200


def test_the_address_is_known_however_it_is_capitalised(db: None, client: Client) -> None:
    patron("olena@example.org")
    client.post(LOGIN, {"login": " Olena@Example.ORG "})
    assert client.post(CONFIRM, {"code": letter_code("olena@example.org")}).status_code == 302
    assert "_auth_user_id" in client.session


def test_the_letter_is_in_the_outbox_in_the_patrons_language(db: None, client: Client) -> None:
    who = patron()
    Patron.objects.filter(pk=who.pk).update(language="uk")
    client.post(LOGIN, {"login": who.email})
    sign_ins.answer_due()
    letter = Letter.objects.get()
    assert (letter.occasion, letter.to, letter.patron_id, letter.language) == ("sign_in_code", who.email, who.pk, "uk")
    assert letter_code(who.email) in letter.html
    assert letter_code(who.email) not in letter.subject + letter.key


def test_a_disabled_account_is_answered_like_an_unknown_one(db: None, client: Client) -> None:
    who = patron()
    Patron.objects.filter(pk=who.pk).update(is_active=False)
    client.post(LOGIN, {"login": who.email})
    sign_ins.answer_due()
    assert Letter.objects.get().occasion == "unknown_address"


def test_beyond_the_hours_limit_no_letter_is_written_and_the_page_says_the_same(db: None) -> None:
    who = patron()
    for _ in range(5):
        assert gates.allow("code sign_in", who.email, limit=5, seconds=3600)
    answer = Client().post(LOGIN, {"login": who.email})
    assert answer.headers["Location"] == CONFIRM
    assert sign_ins.answer_due() == 0
    assert not Letter.objects.exists()


def test_no_code_and_no_address_is_logged(db: None, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    first_step(client, patron().email)
    said = " ".join(record.getMessage() for record in caplog.records if not record.name.startswith("django.db"))
    assert letter_code("olena@example.org") not in said
    assert "olena@example.org" not in said


@pytest.mark.parametrize(
    "path",
    "password/change/ password/set/ password/reset/ password/reset/done/ email/ confirm-email/ reauthenticate/".split(),
)
def test_there_is_no_page_of_a_password(db: None, client: Client, path: str) -> None:
    assert client.get(f"/account/{path}").status_code == 404
    sign_in(client, patron())
    assert client.get(f"/account/{path}").status_code == 404


def test_no_address_at_all_is_about_passwords(db: None) -> None:
    names = [str(name) for name in get_resolver().reverse_dict if isinstance(name, str)]
    assert names
    assert not [name for name in names if "password" in name]


def test_nobody_signs_up_at_allauths_door(db: None, client: Client) -> None:
    answer = client.post("/account/signup/", {"email": "new@example.org", "password1": "x" * 20})
    assert answer.headers["Location"] == "/support/"
    assert not Patron.objects.exists()


def test_staff_without_a_second_factor_reach_only_the_page_to_set_one_up(db: None, client: Client) -> None:
    answer = first_step(client, patron("eve@newsroom.example", "admin").email)
    assert answer.headers["Location"] == "/reports/"
    for path in ("/reports/", "/reports/payments/", "/admin/", "/account/"):
        assert client.get(path).headers["Location"] == "/account/second-factor/"
    page = client.get("/account/second-factor/")
    assert "until then no other page opens" in page.content.decode()


def test_staff_enrol_an_app_and_are_let_in_with_its_code(db: None, client: Client) -> None:
    who = patron("eve@newsroom.example", "editor")
    first_step(client, who.email)
    client.get("/account/second-factor/totp/activate/")
    secret = client.session["mfa.totp.secret"]
    answer = client.post("/account/second-factor/totp/activate/", {"code": app_code(secret)})
    assert answer.headers["Location"] == "/account/second-factor/recovery-codes/"
    detour = client.get("/reports/").headers["Location"]
    assert detour == "/account/second-factor/reauthenticate/?next=/reports/"
    answer = client.post(detour, {"code": app_code(secret), "next": "/reports/"})
    assert answer.headers["Location"] == "/reports/"
    assert client.get("/reports/").status_code == 200


@pytest.mark.parametrize("language", ["en", "uk"])
def test_every_change_of_a_way_in_is_told_by_a_letter(
    db: None, language: str, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    who = patron()
    Patron.objects.update(language=language)
    client = at_once(who)
    client.get("/account/second-factor/totp/activate/")
    app = {"code": app_code(client.session["mfa.totp.secret"])}
    passkey = Authenticator.objects.create(user=who, type="webauthn", data={"name": "Phone"})
    for path, said in (
        ("totp/activate/", app), ("recovery-codes/generate/", {}), (f"passkeys/{passkey.pk}/remove/", {}),
        ("totp/deactivate/", {}),
    ):  # fmt: skip
        with django_capture_on_commit_callbacks(execute=True):
            assert client.post(f"/account/second-factor/{path}", said).status_code == 302
    letters = Letter.objects.filter(patron=who, occasion="security_changed").order_by("id")
    changed = [letter.subject.partition(": ")[2] for letter in letters]
    assert changed == {
        "en": [
            "an authenticator app was set up for your account", "new recovery codes for your account",
            "a passkey was removed from your account", "the authenticator app was removed from your account",
        ],
        "uk": [
            "для Вашого облікового запису налаштовано застосунок автентифікації",
            "нові резервні коди для Вашого облікового запису",
            "з Вашого облікового запису вилучено ключ доступу",
            "з Вашого облікового запису вилучено застосунок автентифікації",
        ],
    }[language]  # fmt: skip
    assert not Authenticator.objects.filter(user=who, type__in=["totp", "webauthn"]).exists()


def test_staff_are_asked_for_the_second_factor_at_sign_in(db: None, client: Client) -> None:
    who = patron("eve@newsroom.example", "admin", second_factor=True)
    assert first_step(client, who.email).headers["Location"] == SECOND
    assert "_auth_user_id" not in client.session
    assert client.get("/reports/").headers["Location"].startswith("/account/login/")
    assert client.post(SECOND, {"code": app_code()}).headers["Location"] == "/reports/"
    assert client.get("/reports/").status_code == 200


def test_an_apps_code_works_once(db: None) -> None:
    who = patron("eve@newsroom.example", "admin", second_factor=True)
    one, two = Client(), Client()
    first_step(one, who.email)
    first_step(two, who.email)
    code = app_code()
    assert one.post(SECOND, {"code": code}).status_code == 302
    assert two.post(SECOND, {"code": code}).status_code == 200
    assert "_auth_user_id" not in two.session


def test_a_recovery_code_works_once(db: None) -> None:
    who = patron("eve@newsroom.example", "admin", second_factor=True)
    code = recovery_code(who)
    for expected in (302, 200):
        visitor = Client()
        first_step(visitor, who.email)
        assert visitor.post(SECOND, {"code": code}).status_code == expected


def test_ten_wrong_second_factors_close_the_gate_for_the_account(db: None, client: Client) -> None:
    who = patron("eve@newsroom.example", "admin", second_factor=True)
    for _ in range(10):
        assert gates.allow("second factor", str(who.pk), limit=10, seconds=600)
    first_step(client, who.email)
    assert client.post(SECOND, {"code": app_code()}).status_code == 200
    assert "_auth_user_id" not in client.session


def test_the_second_factor_is_asked_for_again_after_twelve_hours(db: None, client: Client) -> None:
    sign_in(client, patron("eve@newsroom.example", "admin", second_factor=True))
    assert client.get("/reports/").status_code == 200
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 12 * 3600 + 1
    session.save()
    assert client.get("/reports/").headers["Location"] == "/account/second-factor/reauthenticate/?next=/reports/"


@pytest.mark.parametrize("kind", ["totp", "webauthn"])
def test_staff_who_have_no_second_factor_any_more_enrol_one_before_any_page(db: None, kind: str) -> None:
    browser = at_once(who := patron("eve@newsroom.example", "admin"))
    factors = Authenticator.objects.filter(user=who)
    factors.update(type=kind, data={"name": "Phone"})
    assert browser.get("/reports/").status_code == 200
    remove = {"totp": "totp/deactivate/", "webauthn": f"passkeys/{factors.get().pk}/remove/"}[kind]
    assert browser.post(f"/account/second-factor/{remove}").status_code == 302
    assert not factors.filter(type=kind).exists()
    for page in ("/reports/", "/reports/payments/", "/admin/", "/account/"):
        assert browser.get(page).headers["Location"] == "/account/second-factor/", page
    assert browser.post("/reports/goal/", {"do": "drop"}).headers["Location"] == "/account/second-factor/"


@pytest.mark.parametrize("change", [{"role": "editor"}, {"role": ""}, {"is_active": False}])
def test_a_change_of_rights_ends_the_sessions_at_once(db: None, client: Client, change: dict[str, object]) -> None:
    who = patron("eve@newsroom.example", "admin", second_factor=True)
    sign_in(client, who)
    assert client.get("/reports/newsroom/").status_code == 200
    Patron.objects.filter(pk=who.pk).update(**change)
    assert client.get("/reports/newsroom/").headers["Location"].startswith("/account/login/")


def test_signing_out_everywhere_ends_every_session(db: None, client: Client) -> None:
    who = patron()
    sign_in(client, who)
    who.sign_out_everywhere()
    assert client.get("/account/").headers["Location"].startswith("/account/login/")


def test_the_tables_of_limits_and_codes_hold_no_address(db: None, client: Client) -> None:
    from django.db import connection

    first_step(client, patron().email)
    with connection.cursor() as cursor:
        cursor.execute("SELECT h::text FROM limits_hit h UNION ALL SELECT c::text FROM members_mailedcode c")
        kept = str(cursor.fetchall())
    assert "sign_in" in kept
    assert "127.0.0.1" not in kept
    assert "olena" not in kept


def test_what_is_no_text_is_answered_in_words(db: None, client: Client) -> None:
    for typed in ("\x00@example.org", "a" * 5000 + "@example.org", "\ud800@example.org", ""):
        assert (
            client.post(LOGIN, {"login": typed.encode("utf-8", "surrogatepass").decode("latin-1")}).status_code == 200
        )
    patron()
    client.post(LOGIN, {"login": "olena@example.org"})
    assert client.post(CONFIRM, {"code": "\x00"}).status_code == 200
