"""Codes in letters: one works once, for ten minutes, in the browser that asked, and only until a newer one is made.

A mail scanner that opens whatever a letter links to has neither the browser's secret nor a reason to type a code, so
nothing it does uses one up. Counted in PostgreSQL and timed by the product's clock.
"""

import secrets
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

from limits import gates
from members.models import MailedCode, Purpose
from newsroom import clock

LASTS = timedelta(minutes=10)
MOST_TRIES = 3
HOUR = 3600
PER_SUBJECT, PER_ADDRESS = 5, 30  # an hour

_BROWSER = "codes_browser"  # in the session


def make(
    request: HttpRequest, purpose: Purpose, subject: str, *, asked: Callable[[str], str] = lambda _: ""
) -> str | None:
    """A new code for this browser, as `1234-5678`; an older one of the subject is void. Write the letter with it.

    Or let `asked` say, from the code, what its letter is written from later (members/sign_ins.py).

    None beyond the hour's limits of a subject or a network address: then nothing changes, and a page says the same as
    ever, lest it tell that somebody else has asked. Does the same work whether or not anybody is behind the subject.
    """
    if not gates.allow("code address", gates.address(request), limit=PER_ADDRESS, seconds=HOUR):
        return None
    if not gates.allow(f"code {purpose}", subject, limit=PER_SUBJECT, seconds=HOUR):
        return None
    browser = request.session.setdefault(_BROWSER, secrets.token_urlsafe(32))
    code = f"{secrets.randbelow(10**8):08}"
    typed = f"{code[:4]}-{code[4:]}"
    hashes = {"browser_hash": _hash("browser", browser), "code_hash": _hash("code", code)}
    fresh = hashes | {"tries": 0, "asked": asked(typed)}
    MailedCode.objects.bulk_create(
        [MailedCode(purpose=purpose, subject_hash=_hash("subject", subject), used_at=None, **fresh)],
        update_conflicts=True,
        unique_fields=["purpose", "subject_hash"],
        update_fields=[*fresh, "made_at", "used_at"],
    )
    return typed


@transaction.atomic
def use(request: HttpRequest, purpose: Purpose, subject: str, typed: str) -> bool:
    """Whether `typed` is the code that this browser was waiting for; if so, it is used up.

    A wrong one is a try, and after three the code is void; both are exact under parallel requests.
    """
    waiting = MailedCode.objects.select_for_update().filter(
        purpose=purpose,
        subject_hash=_hash("subject", subject),
        browser_hash=_hash("browser", request.session.get(_BROWSER, "")),
    )
    code = waiting.first()
    now = clock.now()
    if code is None or code.used_at or code.tries >= MOST_TRIES or code.made_at <= now - LASTS:
        return False
    digits = "".join(str(int(sign)) for sign in typed if sign.isdecimal())
    is_right = constant_time_compare(code.code_hash, _hash("code", digits))
    code.tries += 1
    code.used_at = now if is_right else None
    code.save(update_fields=["tries", "used_at"])
    return is_right


def is_waiting(request: HttpRequest, purpose: Purpose, subject: str) -> bool:
    """Whether this browser may still type a code: one was made here, and it is neither used, nor old, nor void."""
    return MailedCode.objects.filter(
        purpose=purpose,
        subject_hash=_hash("subject", subject),
        browser_hash=_hash("browser", request.session.get(_BROWSER, "")),
        used_at=None,
        tries__lt=MOST_TRIES,
        made_at__gt=clock.now() - LASTS,
    ).exists()


def forget(purpose: Purpose, subject: str) -> None:
    """Nobody waits for it any more; a letter that was asked for and not written is not."""
    MailedCode.objects.filter(purpose=purpose, subject_hash=_hash("subject", subject)).delete()


def forget_old() -> None:
    """Deletes what has stopped working."""
    MailedCode.objects.filter(made_at__lt=clock.now() - LASTS).delete()


def _hash(kind: str, value: str) -> str:
    return salted_hmac(f"members.codes.{kind}", value, algorithm="sha256").hexdigest()
