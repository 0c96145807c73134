"""Where `next` leads is on this site, in whatever spelling it comes; through every door that takes one."""

from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django.utils.encoding import iri_to_uri

from members import accounts
from tests.signing_in import letter_code, patron, sign_in

SITE = "http://testserver"
ELSEWHERE = [
    "https://evil.example/", "//evil.example", "///evil.example", "////evil.example", "/\\evil.example",
    "\\\\evil.example", "\\/evil.example", "/\\/evil.example", "https:evil.example", "https:/evil.example",
    "https:///evil.example", "http:\\\\evil.example", "/\t/evil.example", "/\n/evil.example", "\t//evil.example",
    " //evil.example", "/\r\n/evil.example", "\x00//evil.example", "/\x0b/evil.example", "javascript:alert(1)",
    "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "data:text/html,x", "／／evil.example", "//evil。example",
    "//ⓔvil.example", "/／evil.example", "http://testserver@evil.example/", "//testserver@evil.example",
    "http://testserver.evil.example", "//evil.example\\@testserver", "http://127.0.0.1:9999/", "//localhost:9999",
    "//[::1]/", "//0x7f000001/", "ftp://testserver/", "evil.example", "?next=//evil.example", "#//evil.example",
    "mailto:x@evil.example", "%2f%2fevil.example", "/%2f%2fevil.example", "/%5cevil.example", "%09//evil.example",
    "/.//evil.example", "/..//evil.example", "/account/..//evil.example", "//", "/\\", "\ud800//evil.example",
    "https://[evil", "x" * 3000,
]  # fmt: skip


def _lands_here(location: str) -> bool:
    """Whether a browser that is sent there stays, as the URL standard reads it: it drops tabs and line ends anywhere,
    and takes a backslash for a slash."""
    read = location.strip("".join(map(chr, range(33)))).replace("\\", "/")
    read = "".join(sign for sign in read if sign not in "\t\r\n")
    there = urlsplit(urljoin(f"{SITE}/account/login/", read))
    return (there.scheme, there.netloc) == ("http", "testserver")


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_signing_in_stays_here(db: None, client: Client, wanted: str) -> None:
    sent = {"login": patron().email, "next": wanted.encode("utf-8", "surrogatepass").decode("utf-8", "replace")}
    client.get("/account/login/", {"next": sent["next"]})
    assert client.post("/account/login/", sent).headers["Location"] == "/account/login/code/confirm/"
    answer = client.post(
        "/account/login/code/confirm/", {"code": letter_code("olena@example.org")} | {"next": sent["next"]}
    )
    assert _lands_here(answer.headers["Location"])
    again = client.get("/account/login/", {"next": sent["next"]})
    assert _lands_here(again.headers["Location"]), "who is signed in already is led on"


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_proving_and_signing_out_stay_here(db: None, client: Client, wanted: str) -> None:
    wanted = wanted.encode("utf-8", "replace").decode()
    sign_in(client, patron())
    assert _lands_here(client.get("/account/prove/", {"next": wanted}).headers["Location"])
    assert _lands_here(client.post("/account/prove/", {"next": wanted, "code": "1"}).headers["Location"])
    assert _lands_here(client.post("/account/logout/", {"next": wanted}).headers["Location"])


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_choosing_a_language_stays_here(db: None, client: Client, wanted: str) -> None:
    wanted = wanted.encode("utf-8", "replace").decode()
    assert _lands_here(client.post("/language/", {"language": "uk", "next": wanted}).headers.get("Location", "/"))


@pytest.mark.parametrize(
    "wanted", ["/account/", "/support/?amount=5&currency=EUR", "/account/prove/?next=/account/", "/Україна/"]
)
def test_a_path_of_this_site_is_followed(db: None, client: Client, wanted: str) -> None:
    client.post("/account/login/", {"login": patron().email, "next": wanted})
    answer = client.post("/account/login/code/confirm/", {"code": letter_code("olena@example.org")})
    assert accounts.stays_here(wanted)
    assert answer.headers["Location"] == iri_to_uri(wanted)


def test_control_the_reading_of_browsers_knows_what_leads_away() -> None:
    assert not any(
        map(
            _lands_here,
            ["//evil.example", "/\\evil.example", "/\t/evil.example", "\x00//evil.example", "https:/evil.example"],
        )
    )
    assert _lands_here("/account/")
