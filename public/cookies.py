"""Every cookie that a browser is given here, for the page that names them. A test compares it with a real journey."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from public import browsers


@dataclass(frozen=True)
class Cookie:
    """A cookie's name, when it is set and what for, and how long it lives."""

    name: str
    purpose: str | Promise
    lasts: str | Promise


COOKIES = (
    Cookie(
        browsers.COOKIE,
        _("On the form: a random number, so that pressing the button twice does not make you pay twice."),
        _("a day"),
    ),
    Cookie(
        settings.CSRF_COOKIE_NAME,
        _("On pages with a form: a random number, so that no other site can send a form in your name."),
        _("a year"),
    ),
    Cookie(settings.LANGUAGE_COOKIE_NAME, _("The language, if you choose one."), _("until you close the browser")),
    Cookie(
        settings.SESSION_COOKIE_NAME,
        _("If you sign in, or begin to: a random number by which the next page knows that it is still you."),
        _("two weeks, or until you sign out"),
    ),
    Cookie(
        "messages",
        _("A sentence such as “Saved.” on its way to the next page."),
        _("until the next page has shown it"),
    ),
)
