"""Every address."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django_prometheus.exports import ExportToDjangoView

from config import health
from letters import bounces
from payments import webhooks

urlpatterns = [
    path("webhooks/stripe/", webhooks.receive),
    path("webhooks/mail/<str:provider>/", bounces.receive),
    path("", include("public.urls")),
    path("account/", include("portal.urls")),
    path("account/", include("members.urls")),
    *([path("reports/rehearsal/", include("config.rehearsal"))] if settings.STRIPE_IS_SANDBOX else []),
    path("reports/", include("reports.urls")),
    path("admin/", admin.site.urls),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("metrics", ExportToDjangoView),
]
if settings.DEMO:
    urlpatterns.append(path("demo/", include("config.demo_pages")))

handler400 = "public.errors.bad_request"
handler403 = "public.errors.forbidden"
handler404 = "public.errors.not_found"
handler500 = "public.errors.broken"
