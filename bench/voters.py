"""Signed-in members and two rounds that are open, for bench/ballots. Prints their sessions' keys as JSON."""

import json
import sys
from datetime import timedelta

import django

BARE = "bare"


def main() -> None:
    """Makes as many as the first argument says."""
    django.setup()
    from members import memberships
    from members.memberships import Facts
    from members.models import Patron
    from members.models.session import SessionStore
    from newsroom import clock
    from voting import rounds
    from voting.models import Topic

    now = clock.now()
    told = Facts(
        amount_minor=500, currency="EUR", interval_months=1,
        first_paid_at=now - timedelta(days=1), paid_through=clock.day(now) + timedelta(days=30),
    )  # fmt: skip
    for name, slugs in (("spring", ("rivers", "roads", "schools")), (BARE, ("mines", "courts", "parks"))):
        of = rounds.draft(actor=None, slug=name, title_en=name, opens_at=now, closes_at=now + timedelta(days=7))
        topics = [Topic.objects.create(slug=slug, title_en=slug.title()) for slug in slugs]
        rounds.set_topics(of, [(topic, 1) for topic in topics], actor=None)
        rounds.schedule(of, actor=None)
    keys = []
    for number in range(int(sys.argv[1])):
        patron = Patron.objects.create(email=f"v{number}@example.org")
        memberships.start(patron, told)
        session = SessionStore()
        session["_auth_user_id"] = str(patron.pk)
        session["_auth_user_backend"] = "allauth.account.auth_backends.AuthenticationBackend"
        session["_auth_user_hash"] = patron.get_session_auth_hash()
        session["used_on"] = now.date().isoformat()
        session.save()
        keys.append(session.session_key)
    rounds.open_due()
    sys.stdout.write(json.dumps(keys))


if __name__ == "__main__":
    main()
