"""`manage.py recount`: count a published bundle again, with the engine that `recount.py` in it is made of."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from voting.methods import recount


class Command(BaseCommand):
    help = "Count a published bundle again. Exit status 0 if all is equal, 1 if not, 2 if it cannot be counted again."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("bundle", help="the zip file as it was downloaded")

    def handle(self, *args: Any, **options: Any) -> None:
        if code := recount.main([options["bundle"]]):
            sys.exit(code)
