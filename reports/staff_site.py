"""/admin/: Django's own admin for support work, behind the same rule as every staff page, each page logged."""

from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView

from audit import log
from members import roles
from members.models import Role

# Their rows hold the secrets of second factors, or nothing that is used here.
NOT_SHOWN = {"account", "auth", "mfa"}
PASSWORD_PAGES = {"password_change", "password_change_done"}


class StaffSite(AdminSite):
    """Opens to admins, and to support for looking (Patron.has_perm)."""

    site_header = _("Tables")
    site_title = _("Tables")
    site_url = "/reports/"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        models = model_or_iterable if isinstance(model_or_iterable, list | tuple) else [model_or_iterable]
        shown = [model for model in models if model._meta.app_label not in NOT_SHOWN]
        super().register(shown, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and getattr(request.user, "role", "") in {Role.ADMIN, Role.SUPPORT})

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        inner = super().admin_view(view, cacheable)

        @roles.required(Role.ADMIN, Role.SUPPORT)
        def logged(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if "%00" in request.META["QUERY_STRING"]:
                raise BadRequest  # the admin looks for what an address says as it stands
            if view not in (self.index, self.i18n_javascript):
                log.record(roles.patron_of(request), "admin.open", target=request.path[:100], method=request.method)
            response: HttpResponseBase = inner(request, *args, **kwargs)
            return response

        return logged

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """There is one place to sign in and out, and no password."""
        kept = [
            url for url in super().get_urls() if getattr(url, "name", None) not in {*PASSWORD_PAGES, "login", "logout"}
        ]
        elsewhere = [
            path("login/", RedirectView.as_view(pattern_name="account_login"), name="login"),
            path("logout/", RedirectView.as_view(pattern_name="account_logout"), name="logout"),
        ]
        return elsewhere + kept
