"""The limit for casting: a bare view for who is signed in, which writes one row with the ballots' own statement.

It stands behind the product's middleware, session and check against forgery, and writes into the ballots' own table,
with its triggers, into a round that is open beside the one that the product's ballots are of.
"""

import gc
import json
import os
import uuid

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.bare_ballot_settings"

from django.contrib.auth.decorators import login_required
from django.core.wsgi import get_wsgi_application
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path

application = get_wsgi_application()

from bench.voters import BARE  # noqa: E402
from voting.ballots import PUT, apart  # noqa: E402
from voting.models import Round  # noqa: E402

SEALED = bytes(36)  # as long as a sealed moment
round_id = Round.objects.get(slug=BARE).pk


@login_required
def cast(request: HttpRequest) -> HttpResponse:
    """Read, write, answer."""
    line = json.dumps({"choices": sorted(request.POST.getlist("choice")), "code": "", "weight": 1})
    with transaction.atomic(), apart() as cursor:
        cursor.execute(PUT, (uuid.uuid4(), round_id, str(request.user.pk), line, SEALED))
    return HttpResponse("cast", headers={"Content-Length": "4"})


urlpatterns = [path("rounds/spring/", cast)]
gc.freeze()  # as config.wsgi does
