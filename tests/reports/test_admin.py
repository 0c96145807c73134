"""/admin/: the stock admin behind the staff's door, without secrets and passwords, each page logged."""

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.test import Client

from audit.models import StaffAction
from members.models import Patron
from newsroom import clock
from tests.signing_in import first_step, patron


def test_it_has_no_secrets_of_second_factors_and_no_letters() -> None:
    shown = {model._meta.label for model in admin.site._registry}
    assert "members.Patron" in shown
    assert not {label for label in shown if label.partition(".")[0] in {"mfa", "account", "auth", "letters", "audit"}}


@pytest.mark.parametrize("path", ["password_change/", "password_change/done/", "mfa/authenticator/", "auth/group/"])
def test_pages_that_would_open_a_back_door_do_not_exist(staff: Callable[[str], Client], path: str) -> None:
    assert staff("admin").get(f"/admin/{path}").status_code == 404


def test_an_address_that_is_no_text_is_refused(staff: Callable[[str], Client]) -> None:
    browser = staff("admin")
    assert browser.get("/reports/newsroom/EU%00R/").status_code == 404
    assert browser.get("/admin/members/patron/?role=%00").status_code == 400
    assert browser.get("/admin/members/patron/?q=%00").status_code == 400


def test_its_own_sign_in_leads_to_ours(db: None, client: Client) -> None:
    assert client.get("/admin/login/").headers["Location"] == "/account/login/"
    assert client.get("/admin/").headers["Location"] == "/account/login/?next=/admin/"


def test_without_the_second_factor_it_does_not_open(db: None, client: Client) -> None:
    first_step(client, patron("eve@newsroom.example", "admin").email)
    assert client.get("/admin/members/patron/").headers["Location"] == "/account/second-factor/"


def test_an_admin_changes_a_role_which_is_logged_and_signs_out(staff: Callable[[str], Client]) -> None:
    other, browser = staff("editor"), staff("admin")
    who = Patron.objects.get(role="editor")
    page = f"/admin/members/patron/{who.pk}/change/"
    assert browser.get(page).status_code == 200
    sent = {"name": "", "language": "en", "role": "finance", "is_active": "on"}
    assert browser.post(page, sent).status_code == 302
    assert other.get("/reports/").headers["Location"].startswith("/account/login/")
    link = StaffAction.objects.get(action="patron.change")
    assert (link.target, link.facts) == (f"patron:{who.pk}", {"role": ["editor", "finance"], "fields": ["role"]})
    assert StaffAction.objects.filter(action="admin.open", target=page).count() == 2


def test_what_was_erased_or_rests_in_another_record_is_not_changed(staff: Callable[[str], Client]) -> None:
    browser, stands = staff("admin"), patron("stands@example.org")
    erased = Patron.objects.create(email="a@erased.invalid", is_active=False, erased_at=clock.now())
    merged = Patron.objects.create(email="b@example.org", is_active=False, merged_into=stands)
    for who in (erased, merged):
        page = f"/admin/members/patron/{who.pk}/change/"
        assert browser.get(page).status_code == 200
        for sent in ({"language": "en", "role": "finance", "is_active": "on"}, {"language": "uk", "name": "Olena"}):
            assert browser.post(page, sent).status_code == 403
    assert not StaffAction.objects.filter(action="patron.change").exists()
    assert not Patron.objects.filter(pk__in=[erased.pk, merged.pk], language="uk").exists()


def test_support_looks_and_does_not_change(staff: Callable[[str], Client]) -> None:
    support = staff("support")
    who = Patron.objects.get(role="support")
    page = f"/admin/members/patron/{who.pk}/change/"
    assert support.get(page).status_code == 200
    assert support.post(page, {"role": "admin", "language": "en", "is_active": "on"}).status_code == 403
    who.refresh_from_db()
    assert who.role == "support"


def test_the_list_of_accounts_shows_no_address(staff: Callable[[str], Client]) -> None:
    page = staff("admin").get("/admin/members/patron/").content.decode()
    assert "@newsroom.example" not in page.partition('id="content"')[2]
