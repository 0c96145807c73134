"""/demo/: what a visitor of the demo needs and no installation may have. Letters to read, codes, cards, what to try.

Mounted only where settings.DEMO is on (config/urls.py).
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from csp.decorators import csp
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config import demo_staff
from config.demo import CARDS
from letters import outbox
from letters.models import Letter
from members import emails
from reports.views.wording import OF_A_LETTER

LETTERS_A_PAGE = 25
Rest = ParamSpec("Rest")
View = Callable[Concatenate[HttpRequest, Rest], HttpResponse]


def in_the_demo(view: View[Rest]) -> View[Rest]:
    """Anywhere else there is no such page."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return never_cache(require_safe(guarded))


@in_the_demo
def home(request: HttpRequest) -> HttpResponse:
    """/demo/: loads itself anew when the codes change."""
    newest_codes = Letter.objects.filter(occasion="sign_in_code")
    staff = [
        {
            "patron": patron,
            "code": demo_staff.code(patron),
            "letter": newest_codes.filter(to=patron.email).order_by("-id").first(),
        }
        for patron in demo_staff.everybody()
    ]
    context = {
        "staff": staff,
        "cards": CARDS,
        "sandbox": f"{settings.STRIPE_API_BASE}/sandbox/",
        "letters": Letter.objects.order_by("-created_at", "-id")[:5],
        "code": Letter.objects.filter(occasion__in=emails.SECRET).order_by("-id").first(),
    }
    response = render(request, "demo/home.html", context)
    response["Refresh"] = str(demo_staff.seconds_left())
    return response


@in_the_demo
def letters(request: HttpRequest) -> HttpResponse:
    """/demo/letters/: the outbox, newest first; `?to=` an address."""
    to = request.GET.get("to", "").strip().lower()
    found = Letter.objects.order_by("-created_at", "-id")
    page = Paginator(found.filter(to=to) if to else found, LETTERS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "demo/letters.html", {"page": page, "to": to})


@csp(OF_A_LETTER)  # type: ignore[arg-type]  # written for views without arguments
@in_the_demo
def letter(request: HttpRequest, pk: int) -> HttpResponse:  # noqa: ARG001  Django's signature
    """/demo/letters/1/: as a mail program shows it."""
    return HttpResponse(get_object_or_404(Letter, pk=pk).html)


@in_the_demo
def text(request: HttpRequest, pk: int) -> HttpResponse:  # noqa: ARG001  Django's signature
    """/demo/letters/1/text/: as a mail program without HTML shows it."""
    found = get_object_or_404(Letter, pk=pk)
    return HttpResponse(f"{found.subject}\n\n{found.text}", content_type="text/plain; charset=utf-8")


@in_the_demo
def attachment(request: HttpRequest, pk: int) -> HttpResponse:  # noqa: ARG001  Django's signature
    """/demo/letters/1/attachment/: the file that goes with it."""
    prefix, _, rest = get_object_or_404(Letter.objects.exclude(attachment=""), pk=pk).attachment.partition(":")
    made = outbox.attachments[prefix](rest)
    disposition = f'attachment; filename="{made.filename}"'
    return HttpResponse(made.content, content_type=made.mimetype, headers={"Content-Disposition": disposition})


app_name = "demo"
urlpatterns = [
    path("", home, name="home"),
    path("letters/", letters, name="letters"),
    path("letters/<int:pk>/", letter, name="letter"),
    path("letters/<int:pk>/text/", text, name="letter-text"),
    path("letters/<int:pk>/attachment/", attachment, name="letter-attachment"),
]
