"""The limit for casting: a bare view for who is signed in, which writes one row with the ballots' own statement."""

import json
import os
import uuid

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.bare_ballot_settings"

from django.contrib.auth.decorators import login_required
from django.core.wsgi import get_wsgi_application
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path

PUT = """
    INSERT INTO bench_ballot (id, round_id, key, line) VALUES (%s, 1, %s, %s)
    ON CONFLICT (round_id, key) DO UPDATE SET line = EXCLUDED.line
"""


@login_required
def cast(request: HttpRequest) -> HttpResponse:
    """Read, write, answer."""
    line = json.dumps({"choices": sorted(request.POST.getlist("choice")), "code": "", "weight": 1})
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(PUT, [uuid.uuid4(), str(request.user.pk), line])
    return HttpResponse("cast", headers={"Content-Length": "4"})


urlpatterns = [path("rounds/spring/", cast)]
application = get_wsgi_application()
