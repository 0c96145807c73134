"""`manage.py drain`: do everything that is due once, without Celery; for cron or an emergency."""

from typing import Any

from django.core.management.base import BaseCommand

from letters import sending
from members import gifts, sign_ins
from payments import donations, dunning, operations, reminders, stripe_events
from people import erasure, exports, retention
from reports import exports as tables
from reports import monday, rollups
from voting import announcements, mixing, round_letters, rounds, suggestions


class Command(BaseCommand):
    help = "Do everything that is due (writes to Stripe, inbox, lapses, rounds, letters) once, without Celery."

    def handle(self, *args: Any, **options: Any) -> None:
        sent = operations.run_due()
        applied = sum(iter(stripe_events.apply_due, 0))
        lapsed = donations.lapse_due()
        dunning.warn_of_ends()
        reminded = reminders.write_due()
        delivered = gifts.deliver_due()
        ended = gifts.end_due()
        gifts.warn_of_endings()
        gifts.forget_due()
        made, erased = exports.make_due(), erasure.carry_on()
        retention.run()
        begun, closed, counted = rounds.open_due(), rounds.close_due(), rounds.count_due()
        mixing.mix_due()
        told = round_letters.write_due()
        announcements.write_due()
        suggestions.expire_due()
        rollups.run_due()
        tables.make_due()
        monday.write_due()
        sign_ins.answer_due()
        letters = sum(iter(sending.send_due, 0))
        done = f"operations {sent}, events {applied}, lapsed memberships {lapsed}, reminders {reminded}"
        given = f"gift memberships delivered {delivered}, ended {ended}"
        voted = f"rounds opened {begun}, closed {closed}, counted {counted}, told {told}"
        self.stdout.write(f"{done}, {given}, exports {made}, erased {erased}, {voted}, letters {letters}")
