"""Whatever is sent to the form: a page that says what is wrong, a status of 4xx, and nothing stored."""

from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest
from pytest_django import Settings

from tests.public.conftest import FILLED, Reader, nothing_stored


@pytest.fixture(autouse=True)
def nothing_comes_of_it(db: None) -> Iterator[None]:
    yield
    assert nothing_stored()


@pytest.mark.parametrize("currency", ["EUR", "JPY"])
@pytest.mark.parametrize(
    "amount",
    [
        "-5",
        "0",
        "0.00",
        "0.001",
        "1e9",
        "NaN",
        "Infinity",
        "1,000",
        "1 000",
        "٥",
        "５",
        "5.",
        ".5",
        "+5",
        "0x5",
        "5€",
        "",
        "999999999999",
    ],
)
def test_what_is_no_amount_is_refused_with_a_sentence(reader: Reader, amount: str, currency: str) -> None:
    for fields in ({"amount": amount}, {"amount": "other", "other_amount": amount}):
        answer = reader.send(currency=currency, **fields)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert 'role="alert"' in page
        assert "amount" in page


def test_yen_have_no_cents(reader: Reader) -> None:
    answer = reader.send(currency="JPY", amount="500.50")
    assert answer.status_code == 422
    assert "JPY has no smaller unit" in answer.content.decode()


def test_amounts_outside_the_newsrooms_limits_name_the_limit(reader: Reader) -> None:
    small, large = reader.send(amount="1.99"), reader.send(amount="other", other_amount="10000.01")
    assert (small.status_code, large.status_code) == (422, 422)
    assert "The smallest gift is €2." in small.content.decode()
    assert "The largest gift here is €10,000" in large.content.decode()


@pytest.mark.parametrize("currency", ["XXX", "eur", "BTC", "", "EUR ", "€", "E" * 300])
def test_a_currency_that_is_not_offered_is_refused(reader: Reader, currency: str) -> None:
    assert reader.send(currency=currency).status_code == 422


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("interval", "weekly"),
        ("interval", ""),
        ("email", "not an address"),
        ("email", "a@b"),
        ("email", "x" * 300 + "@example.org"),
        ("name", "n" * 101),
        ("message", "m" * 501),
        ("display", "loudly"),
        ("language", "fr"),
        ("cover_fee", "perhaps"),
        ("story", "https://example.org/" + "s" * 2000),
    ],
)
def test_every_field_is_looked_at(reader: Reader, field: str, value: str) -> None:
    assert reader.send(**{field: value}).status_code == 422


def test_a_name_is_needed_to_be_named(reader: Reader) -> None:
    answer = reader.send(display="named")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Write the name to show" in page
    assert 'aria-describedby="name-error"' in page


@pytest.mark.parametrize("name", ["See https://evil.example", "www evil", "a@b.c", "5 euro"])
def test_what_is_no_name_is_not_shown(reader: Reader, name: str) -> None:
    answer = reader.send(display="named", name=name)
    assert answer.status_code == 422
    assert "A name to show has no digits, addresses or signs" in answer.content.decode()
    assert nothing_stored()


def test_fields_are_kept_and_the_summary_has_the_focus(reader: Reader) -> None:
    page = reader.send(amount="other", other_amount="five", message="keep <this>", name="Olha").content.decode()
    assert "keep &lt;this&gt;" in page
    assert 'value="Olha"' in page
    assert 'value="five"' in page
    assert 'href="#other_amount"' in page
    assert 'role="alert" tabindex="-1" autofocus' in page
    assert 'aria-describedby="other_amount-error other_amount-hint"' in page


@pytest.mark.parametrize("value", ["\0", "a\0b", "\x1b[31m", "\x7f", "\ufffd"])
@pytest.mark.parametrize("field", ["name", "message", "email", "amount", "story", "campaign"])
def test_what_is_no_text_is_refused(reader: Reader, field: str, value: str) -> None:
    assert reader.send(**{field: value}).status_code == 400


@pytest.mark.parametrize("bytes_", ["%ED%A0%80", "%FF%FE", "%C0%80", "%00"])
def test_broken_bytes_and_lone_surrogates_are_refused(reader: Reader, bytes_: str) -> None:
    said = FILLED | {"csrfmiddlewaretoken": reader.token()}
    said.pop("name")
    body = f"{urlencode(said)}&name={bytes_}".encode()
    assert reader.send_raw(body).status_code == 400


@pytest.mark.parametrize("charset", ["utf-7", "unicode_escape", "utf-16", "no-such-charset", "idna"])
def test_no_other_encoding_smuggles_surrogates_in(reader: Reader, charset: str) -> None:
    body = urlencode(FILLED | {"csrfmiddlewaretoken": reader.token(), "name": "\\ud800+2AA-"}).encode()
    assert reader.send_raw(body, f"application/x-www-form-urlencoded; charset={charset}").status_code == 400
    assert reader.send_raw(body, f"multipart/form-data; boundary=b; charset={charset}").status_code == 400


def test_fields_that_the_form_does_not_have_are_refused(reader: Reader) -> None:
    assert reader.send(state="given").status_code == 400
    assert reader.send(fee_cover_minor="1").status_code == 400


def test_a_field_that_comes_twice_is_refused(reader: Reader) -> None:
    body = urlencode(FILLED | {"csrfmiddlewaretoken": reader.token()}) + "&amount=1"
    assert reader.send_raw(body.encode()).status_code == 400


def test_a_file_is_refused(reader: Reader) -> None:
    token = reader.token()
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'
        for k, v in (FILLED | {"csrfmiddlewaretoken": token}).items()
    ]
    file = '--b\r\nContent-Disposition: form-data; name="name"; filename="x.txt"\r\n\r\nx\r\n'
    body = "".join([*parts, file, "--b--\r\n"]).encode()
    assert reader.send_raw(body, "multipart/form-data; boundary=b").status_code == 400


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "text/plain"]
)
def test_five_megabytes_are_too_much(reader: Reader, content_type: str) -> None:
    answer = reader.send_raw(b"message=" + b"m" * 5_000_000, content_type)
    assert answer.status_code == 413
    assert "larger than this page takes" in answer.content.decode()


def test_a_thousand_fields_are_too_many(reader: Reader, settings: Settings) -> None:
    settings.DEBUG = False
    token = reader.token()
    body = f"csrfmiddlewaretoken={token}&" + "&".join(f"a{n}=1" for n in range(1000))
    assert reader.send_raw(body.encode()).status_code == 400
    assert reader.get("/support/?" + "&".join(f"a{n}=1" for n in range(1000))).status_code == 400


@pytest.mark.parametrize("body", [b"", b"--b", b"--b\r\nrubbish", b"\xff\xfe\x00"])
def test_a_broken_body_is_refused(reader: Reader, body: bytes) -> None:
    reader.token()
    assert 400 <= reader.send_raw(body, "multipart/form-data; boundary=b").status_code < 500


def test_a_form_without_its_token_gets_a_page_that_says_why(reader: Reader) -> None:
    reader.get()
    answer = reader.send_raw(urlencode(FILLED).encode())
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "stood open too long" in page
    assert "Nothing was charged" in page


@pytest.mark.parametrize("field", ["amount", "currency", "interval", "story", "ask", "campaign", "no_such"])
@pytest.mark.parametrize("value", ["%00", "%ED%A0%80", "%FF", "a%1Bb"])
def test_an_address_that_is_no_text_is_refused(reader: Reader, field: str, value: str) -> None:
    assert reader.get(f"/support/?{field}={value}").status_code == 400


@pytest.mark.parametrize("value", ["NaN", "-5", "1e9", "<script>", "EUR' OR 1=1", "ї" * 100, "%2F..%2F", "&&&=", "[]"])
def test_a_mistyped_link_still_leads_to_the_form(reader: Reader, value: str) -> None:
    query = "&".join(
        f"{field}={quote(value)}" for field in ("amount", "currency", "interval", "story", "ask", "campaign")
    )
    answer = reader.get(f"/support/?{query}")
    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode().split("</head>")[1]


def test_another_host_is_refused(reader: Reader, settings: Settings) -> None:
    settings.DEBUG = False
    answer = reader.client.get("/support/", headers={"host": "evil.example"})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "evil.example" not in page
    assert "could not be read" in page


@pytest.mark.parametrize(
    "path",
    [
        "/no-such-page/",
        "/support/second/x/",
        "/support/second/%00/",
        "/support/%00",
        "/%ED%A0%80",
        "/reports/newsroom/EU%00R/",
        "/admin/%00/",
        "/admin/members/patron/%00/change/",
    ],
)
def test_an_unknown_address_gets_a_page(reader: Reader, settings: Settings, path: str) -> None:
    settings.DEBUG = False
    answer = reader.get(path)
    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_are_refused(reader: Reader, method: str) -> None:
    assert 400 <= reader.client.generic(method, "/support/").status_code < 500
