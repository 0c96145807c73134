"""The room of the staff's pages, and the stock admin behind the same door as they."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class ReportsConfig(AppConfig):
    name = "reports"


class StaffAdminConfig(admin_apps.AdminConfig):
    """`django.contrib.admin` with our site as its default one."""

    default = False  # the room's own config is the one that its name means
    default_site = "reports.staff_site.StaffSite"
