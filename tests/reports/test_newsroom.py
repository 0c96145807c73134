"""The newsroom's settings: edited by admins in main units, refused in clear words, logged with what changed."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms import BaseForm
from django.test import Client
from PIL import Image

from audit.models import StaffAction
from newsroom.models import GivingCurrency, Newsroom

PAGE, EUR, JPY = "/reports/newsroom/", "/reports/newsroom/EUR/", "/reports/newsroom/JPY/"


def _filled(form: BaseForm) -> dict[str, Any]:
    """What a browser would send if nothing were touched."""
    values = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    return {name: value for name, value in values.items() if value is not None and value is not False}


def _send(browser: Client, page: str, **changes: Any) -> Any:
    form = browser.get(page).context["form"]
    return browser.post(page, _filled(form) | changes)


def _picture(kind: str, size: tuple[int, int] = (64, 64)) -> SimpleUploadedFile:
    content = BytesIO()
    Image.new("RGB", size, "#9b2226").save(content, kind)
    return SimpleUploadedFile("logo.bin", content.getvalue())


def test_an_admin_changes_the_newsroom_and_the_log_says_what(staff: Callable[[str], Client]) -> None:
    assert (
        _send(staff("admin"), PAGE, public_name="Слово", grace_days=7, reply_to="desk@newsroom.example").status_code
        == 302
    )
    newsroom = Newsroom.current()
    assert (newsroom.public_name, newsroom.grace_days, newsroom.reply_to) == ("Слово", 7, "desk@newsroom.example")
    link = StaffAction.objects.get(action="newsroom.change")
    assert link.facts == {"public_name": ["The newsroom", "Слово"], "grace_days": [14, 7], "reply_to": "changed"}


def test_nothing_changed_is_not_logged(staff: Callable[[str], Client]) -> None:
    admin = staff("admin")
    assert _send(admin, PAGE).status_code == 302
    assert _send(admin, EUR).status_code == 302
    assert not StaffAction.objects.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"accent": "red"}, "Six hexadecimal digits"),
        ({"grace_days": 91}, "less than or equal to 90"),
        ({"retention_months": 0}, "greater than or equal to 1"),
        ({"languages": []}, "This field is required"),
        ({"reply_to": "nobody"}, "valid email address"),
        ({"zone": "Europe/Atlantis"}, "no time zone of this name"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(
    staff: Callable[[str], Client], changes: dict[str, Any], sentence: str
) -> None:
    answer = _send(staff("admin"), PAGE, **changes)
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert not StaffAction.objects.exists()


def test_finance_may_look_and_not_change(staff: Callable[[str], Client]) -> None:
    finance = staff("finance")
    assert b"Save" not in finance.get(PAGE).content
    assert _send(finance, PAGE, public_name="Other").status_code == 403
    assert _send(finance, EUR, position=9).status_code == 403
    assert Newsroom.current().public_name == "The newsroom"


@pytest.mark.parametrize(("kind", "mime"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
def test_a_logo_is_kept_by_what_it_is(staff: Callable[[str], Client], kind: str, mime: str) -> None:
    admin = staff("admin")
    assert _send(admin, PAGE, new_logo=_picture(kind)).status_code == 302
    shown = Client().get("/logo")
    assert shown.headers["Content-Type"] == mime
    assert Image.open(BytesIO(shown.content)).format == kind
    _send(admin, PAGE, remove_logo="on")
    assert Client().get("/logo").status_code == 404


@pytest.mark.parametrize(
    ("upload", "sentence"),
    [
        (SimpleUploadedFile("logo.png", b"<svg onload='alert(1)'/>"), "not a readable"),
        (SimpleUploadedFile("logo.png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 50), "not a readable"),
        (_picture("GIF"), "not a readable"),
        (_picture("PNG", (4001, 10)), "4000 pixels"),
        (SimpleUploadedFile("logo.png", b"\x89PNG" + b"x" * 200_001), "200 kB"),
    ],
    ids=["svg", "broken", "gif", "wide", "large"],
)
def test_what_is_no_logo_is_refused(staff: Callable[[str], Client], upload: SimpleUploadedFile, sentence: str) -> None:
    upload.seek(0)
    answer = _send(staff("admin"), PAGE, new_logo=upload)
    assert sentence in answer.content.decode()
    assert not Newsroom.current().logo


def test_amounts_are_edited_in_main_units(staff: Callable[[str], Client]) -> None:
    admin = staff("admin")
    shown = admin.get(EUR).context["form"].initial
    assert (shown["suggested_monthly"], shown["minimum_minor"], shown["fee_fixed_minor"]) == ("3 5 10 20", "2", "0.30")
    sent = {
        "suggested_monthly": "8 4,50 16",
        "minimum_minor": "1.50",
        "fee_basis_points": "1,5",
        "fee_fixed_minor": "0,00",
    }
    assert _send(admin, EUR, **sent).status_code == 302
    row = GivingCurrency.objects.get(code="EUR")
    assert (row.suggested_monthly, row.minimum_minor) == ([450, 800, 1600], 150)
    assert (row.fee_basis_points, row.fee_fixed_minor) == (150, 0)
    facts = StaffAction.objects.get(action="currency.change").facts
    assert facts["suggested_monthly"] == ["3 5 10 20", [450, 800, 1600]]
    assert set(facts) == set(sent)


def test_a_currency_without_smaller_units_shows_whole_ones(staff: Callable[[str], Client]) -> None:
    admin = staff("admin")
    assert admin.get(JPY).context["form"].initial["suggested_monthly"] == "500 1000 1500 3000"
    assert "JPY has 0 digits" in _send(admin, JPY, minimum_minor="300.5").content.decode()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"minimum_minor": "20", "maximum_minor": "10"}, "maximum is less"),
        ({"suggested_once": "1 5"}, "outside the minimum and the maximum"),
        ({"suggested_once": "5 five"}, "in digits"),
        ({"suggested_once": "3 4 5 6 7 8 9"}, "no more than 6"),
        ({"maximum_minor": "1000000000"}, "in digits"),
        ({"maximum_minor": "1000000"}, "larger than Stripe takes"),
        ({"minimum_minor": "-5"}, "in digits"),
        ({"minimum_minor": "0"}, "more than zero"),
        ({"fee_basis_points": "50"}, "less than or equal to 49.99"),
        ({"fee_basis_points": "NaN"}, "number"),
    ],
)
def test_amounts_that_do_not_fit_are_refused_in_words(
    staff: Callable[[str], Client], changes: dict[str, str], sentence: str
) -> None:
    answer = _send(staff("admin"), EUR, **changes)
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert GivingCurrency.objects.get(code="EUR").minimum_minor == 200


def test_every_field_of_the_newsroom_can_be_edited(staff: Callable[[str], Client]) -> None:
    offered = set(staff("admin").get(PAGE).context["form"].fields)
    held = {field.name for field in Newsroom._meta.get_fields()} - {"id", "logo", "logo_type"}
    assert held <= offered
