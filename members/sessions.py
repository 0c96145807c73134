"""Where somebody is signed in: listed for its patron, and ended by them.

SESSION_ENGINE. A session says of itself when it began, on which day it was last used and, in two words, with what.
Timed by the machine's clock, as Django ends them: a session does not follow the demo's moved time.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from members.models import Patron, Session
from members.models.session import SessionStore

__all__ = ["SessionStore", "SignedIn", "begin", "end", "end_all", "end_others", "forget_old", "of", "touch"]

# The first whose sign stands in what a browser says of itself: many also claim to be their older neighbours.
_FAMILIES = {
    "Edg": "Edge", "OPR/": "Opera", "SamsungBrowser": "Samsung Internet", "YaBrowser": "Yandex", "FxiOS": "Firefox",
    "Firefox": "Firefox", "CriOS": "Chrome", "Chrome": "Chrome", "Safari": "Safari",
}  # fmt: skip
_SYSTEMS = {
    "Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "CrOS": "ChromeOS",
    "Mac OS": "Mac", "Linux": "Linux",
}  # fmt: skip


@dataclass(frozen=True)
class SignedIn:
    """One session as its patron sees it. `handle` names it in a form and opens nothing."""

    handle: str
    is_this: bool
    browser: str
    began_on: date | None
    used_on: date | None


def begin(request: HttpRequest) -> None:
    """Notes when and with what somebody has just signed in."""
    request.session["with"], request.session["began_on"] = _said(request), timezone.now().date().isoformat()


def device(request: HttpRequest) -> str:
    """What a request comes from, in words: “Firefox on Android”."""
    return _in_words(*_said(request))


def touch(request: HttpRequest) -> None:
    """Notes that the session was used today; at most one write a day."""
    today = timezone.now().date().isoformat()
    if request.session.get("used_on") != today:
        request.session["used_on"] = today


def of(request: HttpRequest, patron: Patron) -> list[SignedIn]:
    """The patron's sessions, this one first, then the last used."""
    found = [_told(row, request) for row in _rows(patron)]
    return sorted(found, key=lambda one: (one.is_this, one.used_on or date.min), reverse=True)


def end(patron: Patron, handle: str) -> bool:
    """Ends one of the patron's sessions. Whether there was such a one."""
    return any(row.delete()[0] > 0 for row in _rows(patron) if constant_time_compare(_handle(row), handle))


def end_others(request: HttpRequest, patron: Patron) -> None:
    """Ends all sessions of the patron but this."""
    _rows(patron).exclude(session_key=request.session.session_key).delete()


def end_all(patron: Patron) -> None:
    """Ends every session of the patron, those too that are being opened now."""
    _rows(patron).delete()
    patron.sign_out_everywhere()


def forget_old() -> None:
    """Deletes sessions that are over."""
    SessionStore.clear_expired()


def _rows(patron: Patron) -> Any:
    return Session.objects.filter(patron=patron, expire_date__gt=timezone.now())


def _told(row: Session, request: HttpRequest) -> SignedIn:
    data = row.get_decoded()
    began, used = (date.fromisoformat(day) if (day := data.get(name)) else None for name in ("began_on", "used_on"))
    return SignedIn(
        handle=_handle(row),
        is_this=row.session_key == request.session.session_key,
        browser=_in_words(*data.get("with", ("", ""))),
        began_on=began,
        used_on=used,
    )


def _said(request: HttpRequest) -> list[str]:
    """Family of browser and kind of system, as the browser says; empty where it is none of those known here."""
    agent = request.headers.get("User-Agent", "")
    return [next((word for sign, word in words.items() if sign in agent), "") for words in (_FAMILIES, _SYSTEMS)]


def _in_words(family: str, system: str) -> str:
    names = {"browser": family or _("another browser"), "system": system or _("another device")}
    return _("%(browser)s on %(system)s") % names


def _handle(row: Session) -> str:
    return salted_hmac("members.sessions", row.session_key, algorithm="sha256").hexdigest()[:32]
