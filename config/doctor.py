"""Examines an installation from inside: what it needs of its surroundings, and what mends each thing that is lacking.

An examination returns findings, or none if all is well. A finding is wrong, or only worth knowing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import get_connection
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from kombu.exceptions import OperationalError

from config.celery import app
from members import accounts
from members.models import Patron, Role
from newsroom import clock
from newsroom.models import Newsroom
from payments import dunning, gateway, stripe_events
from payments.models import StripeEvent, Watermark
from people import erased_file, erasure
from people.models import Erasure

OLDEST_POSTGRESQL = 150_000
CLOCKS_APART = timedelta(seconds=5)
RECONCILED_WITHIN = timedelta(hours=36)
ERASED_WITHIN = timedelta(days=1)
EVENTS_WAIT = timedelta(minutes=15)
LONGEST_RETENTION = 36
# Backends that let letters go nowhere.
NO_MAIL = ("dummy", "console", "locmem", "filebased")


@dataclass(frozen=True, slots=True)
class Finding:
    """What is not as it should be, in words, and what mends it. `is_wrong`: not merely worth knowing."""

    what: str
    mend: str
    is_wrong: bool = True


def laptop() -> Iterator[Finding]:
    """DEBUG is for laptops."""
    if settings.DEBUG:
        yield Finding("DEBUG is on, as on a laptop", "on a server, leave DEBUG out of .env", is_wrong=False)


def database() -> Iterator[Finding]:
    """PostgreSQL is new enough and has every table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int, to_regclass('limits_cache') IS NOT NULL")
        version, has_cache = cursor.fetchone()
    if version < OLDEST_POSTGRESQL:
        yield Finding(f"PostgreSQL {version // 10_000} is too old", "move to PostgreSQL 15 or newer")
    executor = MigrationExecutor(connection)
    if missing := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield Finding(f"{len(missing)} migrations are missing", "manage.py migrate")
    if not has_cache:
        yield Finding("the table of the sign-in limits is missing", "manage.py createcachetable")


def clocks() -> Iterator[Finding]:
    """Machine and database agree about the time, and nobody has moved the product's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp(), (SELECT offset_seconds FROM newsroom_clock)")
        there, offset = cursor.fetchone()
    apart = abs(datetime.now(UTC) - there)
    if apart > CLOCKS_APART:
        yield Finding(f"this machine's clock and the database's are {apart.seconds} s apart", "let NTP set both clocks")
    if offset:
        yield Finding(
            f"the product's clock was moved by {offset / 86_400:.1f} days: this database belongs to a demo or a test",
            "give the installation a database of its own",
            is_wrong=not settings.DEBUG,
        )


def stripe() -> Iterator[Finding]:
    """The key works, and Stripe tells this installation of what happens, in the version that is read here."""
    try:
        gateway.balance()
        endpoints = list(gateway.pages("/v1/webhook_endpoints"))
    except gateway.Unavailable:
        yield Finding(f"{settings.STRIPE_API_BASE} does not answer", "look at the network and at status.stripe.com")
        return
    except gateway.Refused as refusal:
        yield Finding(
            f"Stripe refuses the key: {refusal}",
            "set STRIPE_SECRET_KEY to the secret key, or give a restricted one the rights to balance and webhooks",
        )
        return
    address = f"{settings.SITE_URL}/webhooks/stripe/"
    ours = [endpoint for endpoint in endpoints if endpoint["url"] == address]
    if not ours:
        yield Finding(
            f"no webhook endpoint at Stripe leads to {address}",
            f"make one there with API version {gateway.API_VERSION} and the events of docs/webhooks.md, and copy its "
            "signing secret to STRIPE_WEBHOOK_SECRET",
        )
    for endpoint in ours:
        yield from _endpoint(endpoint)


def _endpoint(endpoint: dict[str, Any]) -> Iterator[Finding]:
    if endpoint["status"] != "enabled":
        yield Finding(f"the webhook endpoint {endpoint['id']} is {endpoint['status']}", "enable it at Stripe")
    if endpoint["api_version"] != gateway.API_VERSION:
        yield Finding(
            f"the webhook endpoint {endpoint['id']} speaks API version {endpoint['api_version'] or 'of the account'}",
            f"make a new one with {gateway.API_VERSION}; its version cannot be changed",
        )
    unheard = stripe_events.HANDLED.keys() - set(endpoint["enabled_events"])
    if unheard and "*" not in endpoint["enabled_events"]:
        yield Finding(f"Stripe does not tell of {', '.join(sorted(unheard))}", "add them to the endpoint's events")


def retries() -> Iterator[Finding]:
    """How Stripe tries again and gives up, as far as what it did shows: its API does not tell how that is set."""
    place = "Stripe's dashboard (Billing, Revenue recovery, Retries); docs/dunning.md says to what"
    tried_for, grace = dunning.patience(), timedelta(days=Newsroom.current().grace_days)
    if tried_for is None:
        yield Finding(
            "how long Stripe tries to collect is not known, since it has not given up on anybody yet",
            f"set it in {place}",
            is_wrong=False,
        )
    elif tried_for > grace:
        yield Finding(
            f"Stripe tries to collect for {tried_for.days} days, longer than the {grace.days} days of grace",
            f"let it give up earlier in {place}, or lengthen the grace at /reports/newsroom/",
            is_wrong=False,
        )
    if left := dunning.left_unpaid().count():
        yield Finding(
            f"Stripe has stopped trying to collect {left} payments and let their subscriptions run on",
            f"let it cancel the subscription in {place}, and end these at Stripe",
        )


def mail() -> Iterator[Finding]:
    """The mail server takes letters."""
    backend = settings.EMAIL_BACKEND.split(".")[-2]
    if backend in NO_MAIL:
        yield Finding(f"letters go nowhere ({backend})", "set EMAIL_URL to a mail server", is_wrong=not settings.DEBUG)
        return
    try:
        line = get_connection()
        line.open()
        line.close()
    except (SMTPException, OSError) as error:
        yield Finding(f"the mail server does not let us in: {type(error).__name__}: {error}", "look at EMAIL_URL")


def worker() -> Iterator[Finding]:
    """The bell rings, somebody hears it, and what is due gets done."""
    try:
        app.connection().ensure_connection(max_retries=1, timeout=3)
        heard = app.control.ping(timeout=2)
    except (OperationalError, OSError) as error:
        yield Finding(f"the broker does not answer: {type(error).__name__}", "start Redis, or look at REDIS_URL")
        return
    if not heard:
        yield Finding("no worker answers", "start the worker; meanwhile `manage.py drain` does what is due")
    waiting = StripeEvent.objects.due(clock.now() - EVENTS_WAIT).count()
    if waiting:
        yield Finding(f"{waiting} events of Stripe wait for longer than they should", "look at the worker's log")


def newsroom() -> Iterator[Finding]:
    """What receipts and letters say is said."""
    row = Newsroom.current()
    for name in ("address", "reply_to", "finance_email"):
        if not getattr(row, name):
            yield Finding(f"the newsroom's {name.replace('_', ' ')} is empty", "fill it at /reports/newsroom/")
    if row.legal_name == Newsroom._meta.get_field("legal_name").default:
        yield Finding("the newsroom has no legal name, which receipts need", "fill it at /reports/newsroom/")
    if row.retention_months > LONGEST_RETENTION:
        yield Finding(
            f"what Stripe told of people is kept for {row.retention_months} months",
            "shorten it at /reports/newsroom/ unless a law asks for it",
            is_wrong=False,
        )


def staff() -> Iterator[Finding]:
    """Somebody can get in who may do everything."""
    admins = Patron.objects.filter(role=Role.ADMIN, is_active=True)
    if not admins:
        yield Finding("nobody is admin", "manage.py staff ADDRESS --role admin")
    elif not any(accounts.has_second_factor(admin) for admin in admins):
        yield Finding("no admin has a second factor yet", "sign in once; the page asks for an app or a passkey")


def reconciled() -> Iterator[Finding]:
    """The books were compared with Stripe not long ago."""
    mark = Watermark.objects.filter(name="reconcile").first()
    if mark is None:
        yield Finding("the books were never compared with Stripe", "manage.py reconcile; beat does it every night")
    elif mark.at < clock.now() - RECONCILED_WITHIN:
        yield Finding(f"last compared with Stripe on {mark.at:%Y-%m-%d}", "manage.py reconcile; look whether beat runs")


def erased() -> Iterator[Finding]:
    """Who was erased stays erased, also after a restore."""
    try:
        erased_file.examine()
    except erased_file.Unwritable as refusal:
        yield Finding(f"nobody can be erased: {refusal}", "make the folder of ERASED_FILE writable for this service")
        return
    if erased_file.path() is None:
        yield Finding(
            "ERASED_FILE is not set: a restored backup would bring back who was erased",
            "set it to a file on another volume than the database",
            is_wrong=not settings.DEBUG,
        )
    if back := erasure.remember():
        yield Finding(f"{back} erased people are back in the database", "the worker erases them again; let it run")
    late = Erasure.objects.filter(erased_at=None, asked_at__lt=clock.now() - ERASED_WITHIN).count()
    if late:
        yield Finding(f"{late} people have been waiting for a day to be erased", "look whether Stripe answers")


def backups() -> Iterator[Finding]:
    """Nothing here makes them yet."""
    yield Finding(
        "backups are not set up here yet",
        "let a nightly pg_dump go to another machine, without BALLOT_SECRET beside it, and restore one for practice",
        is_wrong=False,
    )


EXAMINATIONS: dict[str, Callable[[], Iterator[Finding]]] = {
    "settings": laptop,
    "database": database,
    "clocks": clocks,
    "stripe": stripe,
    "retries": retries,
    "mail": mail,
    "worker": worker,
    "newsroom": newsroom,
    "staff": staff,
    "reconciled": reconciled,
    "erased": erased,
    "backups": backups,
}


def examine() -> Iterator[tuple[str, list[Finding]]]:
    """Each examination's name and what it found. One that stumbles over the database is a finding, too."""
    for name, examination in EXAMINATIONS.items():
        try:
            yield name, list(examination())
        except DatabaseError as error:
            problem = str(error).partition("\n")[0]
            yield name, [Finding(f"the database refuses: {problem}", "look at DATABASE_URL, then manage.py migrate")]
