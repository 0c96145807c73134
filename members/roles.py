"""Who may open which staff page. The one rule that every page of the staff, and the admin, goes through."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.http import urlencode

from members import accounts, sessions
from members.models import Patron, Role
from newsroom.models import Newsroom

Rest = ParamSpec("Rest")
View = Callable[Concatenate[HttpRequest, Rest], HttpResponseBase]

EVERYONE = (Role.EDITOR, Role.FINANCE, Role.SUPPORT, Role.ADMIN)
MONEY = (Role.FINANCE, Role.SUPPORT, Role.ADMIN)
# An editor sees counts, never an address.
PEOPLE = MONEY


def patron_of(request: HttpRequest) -> Patron:
    """Who is signed in, on a page that only the signed-in reach."""
    return cast(Patron, request.user)


def visitor(request: HttpRequest) -> Patron | None:
    """Who is signed in, on a page that is for everybody; staff only once they have shown their second factor."""
    if not request.user.is_authenticated:
        return None
    patron = patron_of(request)
    return patron if not patron.is_staff or accounts.passed_second_factor(request) else None


def way_in(request: HttpRequest) -> str:
    """The address at which a visitor becomes known, and which leads back to this page."""
    page = "account_login"
    if request.user.is_authenticated:
        page = "mfa_reauthenticate" if accounts.has_second_factor(patron_of(request)) else "mfa_index"
    return f"{reverse(page)}?{urlencode({'next': request.path})}"


def required(*roles: str) -> Callable[[View[Rest]], View[Rest]]:
    """For staff pages: signed in, not disabled, of one of the roles, and the second factor shown in this session.

    A patron without a role is told that there is no such page, staff of another role that it is not theirs. Moments are
    printed and read in the newsroom's zone.
    """

    def wrap(view: View[Rest]) -> View[Rest]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponseBase:
            if request.user.is_authenticated and not patron_of(request).is_staff:
                raise Http404
            if (detour := _detour(request)) is not None:
                return detour
            if patron_of(request).role not in roles:
                raise PermissionDenied
            with timezone.override(Newsroom.current().zone_info):
                return _unstored(view(request, *args, **kwargs))

        return guarded

    return wrap


def signed_in(view: View[Rest]) -> View[Rest]:
    """For a patron's own pages. Staff, who are patrons too, need their second factor here as well."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponseBase:
        if (detour := _detour(request)) is not None:
            return detour
        sessions.touch(request)
        return _unstored(view(request, *args, **kwargs))

    return guarded


def freshly_signed_in(view: View[Rest]) -> View[Rest]:
    """For what a session left open must not do alone: signed in, and proved so again within the last ten minutes.

    Leads to the page that asks for it (a code by letter, a passkey; of staff the second factor) and back here with GET:
    what was posted is not kept. So guard the page that holds the form too.
    """
    return signed_in(proved(view))


def proved(view: View[Rest]) -> View[Rest]:
    """The same without the second factor that staff may still lack: for the pages where it is set up."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(_back(request))
        if accounts.recently_proved(request):
            return _unstored(view(request, *args, **kwargs))
        patron = patron_of(request)
        has_second = patron.is_staff and accounts.has_second_factor(patron)
        page = "mfa_reauthenticate" if has_second else "account_reauthenticate"
        return redirect_to_login(_back(request), reverse(page))

    return guarded


def _detour(request: HttpRequest) -> HttpResponseBase | None:
    """Where to go first: sign in, enrol a second factor, or show it. None if nothing is lacking."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    patron = patron_of(request)
    if not patron.is_staff or accounts.passed_second_factor(request):
        return None
    if not accounts.has_second_factor(patron):
        return redirect("mfa_index")
    return redirect_to_login(_back(request), reverse("mfa_reauthenticate"))


def _back(request: HttpRequest) -> str:
    return request.get_full_path() if request.method == "GET" else request.path


def _unstored(response: HttpResponseBase) -> HttpResponseBase:
    """No browser or proxy keeps a page that shows somebody's data."""
    patch_cache_control(response, private=True, no_store=True)
    return response
