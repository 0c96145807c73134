"""How the account is entered: passkeys, and where it is open now."""

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from letters import printing
from members import roles, sessions


@roles.signed_in
@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """/account/security/"""
    patron, language = roles.patron_of(request), get_language() or "en"
    passkeys = Authenticator.objects.filter(user_id=patron.pk, type=Authenticator.Type.WEBAUTHN).order_by("pk")
    context = {
        "passkeys": [
            {
                "pk": key.pk,
                "name": key.wrap().name,
                "added": printing.day(key.created_at, language),
                "used": printing.day(key.last_used_at, language) if key.last_used_at else "",
            }
            for key in passkeys
        ],
        "sessions": [
            {
                "handle": session.handle,
                "is_this": session.is_this,
                "browser": session.browser,
                "began": printing.day(session.began_on, language) if session.began_on else "",
                "used": printing.day(session.used_on, language) if session.used_on else "",
            }
            for session in sessions.of(request, patron)
        ],
    }
    return render(request, "portal/security.html", context)


@roles.signed_in
@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """/account/security/sessions/end/: one of one's own sessions by its handle, or all but this one."""
    patron, handle = roles.patron_of(request), request.POST.get("session", "")
    if not handle:
        sessions.end_others(request, patron)
    elif not sessions.end(patron, handle):
        raise Http404
    messages.success(request, _("Signed out there."))
    return redirect("portal:security")
