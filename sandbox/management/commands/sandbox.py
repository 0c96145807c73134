"""Serves the stand-in for Stripe."""

import logging
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections, connections
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from sandbox import delivery, timers
from sandbox.api import webhook_endpoints

SECONDS_BETWEEN_ROUNDS = 0.2
PORT = 12111

log = logging.getLogger(__name__)


class Command(BaseCommand):
    """`manage.py sandbox --port 12111`"""

    help = "Serves a stand-in for Stripe on 127.0.0.1, for a laptop without keys. No money moves."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The port, and whether things happen by themselves."""
        parser.add_argument("--port", type=int, default=PORT)
        parser.add_argument(
            "--by-hand",
            action="store_true",
            help="Run timers and deliver webhooks only when /sandbox/tick is called.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until told to stop."""
        if not settings.DEBUG:
            raise CommandError("The sandbox runs only with DEBUG on.")
        if settings.STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_")):
            raise CommandError("STRIPE_SECRET_KEY is a live key: the sandbox takes a test key, such as sk_test_123.")
        webhook_endpoints.register_product()
        connections.close_all()
        self.stdout.write(f"The sandbox is at http://127.0.0.1:{options['port']}/sandbox/")
        Server(options["port"], by_hand=options["by_hand"]).run()


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn with one process of several threads, beside which the sandbox's own clockwork runs."""

    def __init__(self, port: int, by_hand: bool) -> None:
        self.port, self.by_hand = port, by_hand
        super().__init__()

    def load_config(self) -> None:
        """Gunicorn's settings."""
        self.cfg.set("bind", f"127.0.0.1:{self.port}")
        self.cfg.set("worker_class", "gthread")
        self.cfg.set("threads", 8)
        self.cfg.set("keepalive", 75)
        self.cfg.set("loglevel", "warning")
        self.cfg.set("proc_name", "sandbox")
        self.cfg.set("control_socket_disable", True)
        if not self.by_hand:
            self.cfg.set("post_worker_init", start_clockwork)

    def load(self) -> Any:
        """The application, loaded in the process that serves it."""
        from sandbox.wsgi import application

        return application


def start_clockwork(_worker: Any) -> None:
    """Run what is due and deliver what is due, in turn, for as long as the process lives."""
    threading.Thread(target=_clockwork, name="clockwork", daemon=True).start()


def _clockwork() -> None:
    pause = threading.Event()
    while not pause.wait(SECONDS_BETWEEN_ROUNDS):
        try:
            close_old_connections()
            timers.run_due()
            delivery.deliver_due()
        except Exception:
            log.exception("the sandbox's clockwork stumbled; it goes on")
