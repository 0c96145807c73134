"""The letters a patron gets: which, how they look from outside; and the link that stops reminders."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from letters import outbox
from letters.occasions import DECLINABLE, OCCASIONS, Group
from members import letter_choices, roles
from newsroom.models import Newsroom
from portal.forms import LettersForm


@roles.signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def letters(request: HttpRequest) -> HttpResponse:
    """/account/letters/"""
    patron = roles.patron_of(request)
    form = LettersForm(request.POST if request.method == "POST" else None, initial=LettersForm.initial_of(patron))
    if form.is_valid():
        letter_choices.choose(patron, declined=form.declined, wants_neutral=form.cleaned_data["neutral"])
        messages.success(request, _("Saved."))
        return redirect("portal:letters")
    newsroom = Newsroom.current()
    context = {
        "form": form,
        "always": [_of(group) for group in (Group.MONEY, Group.ACCOUNT)],
        "declinable": [_of(group) for group in Group if group in DECLINABLE],
        "neutral_subject": newsroom.neutral_subject(patron.language),
        "neutral_sender": newsroom.neutral_sender,
    }
    return render(request, "portal/letters.html", context)


# The token in the link is the right to do it: mail programs send this POST by themselves, without a cookie (RFC 8058).
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """/account/letters/stop/…/: looking at it, as scanners do, changes nothing; POST stops letters of the group."""
    found = outbox.read_stop_token(token)
    if found is None:
        raise Http404
    patron_id, group = found
    if request.method == "POST":
        letter_choices.decline(patron_id, group)
    return render(request, "portal/letters_stop.html", {"is_done": request.method == "POST", **_of(Group(group))})


def _of(group: Group) -> dict[str, object]:
    """A group with what its letters tell."""
    return {"group": group, "letters": [one.about for one in OCCASIONS.values() if one.group == group]}
