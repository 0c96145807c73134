"""`manage.py staff ADDRESS --role …`: makes a member of staff, or changes what they may do."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse

from audit import log
from members import accounts
from members.models import Patron, Role


class Command(BaseCommand):
    help = "Make a staff account, or change its role. Changing a role signs the account out everywhere."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="the e-mail address to sign in with")
        parser.add_argument("--role", required=True, choices=Role.values)

        parser.add_argument(
            "--forget-second-factor", action="store_true",
            help="take away the app, passkeys and recovery codes of somebody who has lost them",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        address, role = options["address"].strip().lower(), options["role"]
        try:
            validate_email(address)
        except ValidationError as error:
            raise CommandError(f"{address} is not an e-mail address.") from error
        with transaction.atomic():
            patron = Patron.objects.select_for_update().filter(email=address).first() or Patron(email=address)
            if patron.merged_into_id:
                raise CommandError(f"{address} leads to another record of the same person. Undo the merge first.")
            before, was_active = patron.role, patron.is_active
            patron.role, patron.is_active = role, True
            patron.save()
            if (before, was_active) != (role, True):
                log.record(None, "staff.appoint", target=f"patron:{patron.pk}", role=[before, role])
            if options["forget_second_factor"] and accounts.forget_second_factor(patron):
                log.record(None, "staff.forget_second_factor", target=f"patron:{patron.pk}")
        self.stdout.write(f"{address} is {role} now.")
        self.stdout.write(f"Sign in at {settings.SITE_URL}{reverse('account_login')} with the code that is sent there.")
        if not accounts.has_second_factor(patron):
            self.stdout.write("The first sign-in asks for an authenticator app or a passkey; without it no page opens.")
