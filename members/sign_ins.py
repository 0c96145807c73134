"""Asking for a code to sign in. The request looks at nobody's account: whose an address is, the worker finds out.

    asked, under a seal ── a worker looks whose the address is ──▶ its letter is written, and the seal is empty

So a known address is answered like any other, also in time (bench/enumeration).
"""

import json

import structlog
from cryptography.fernet import InvalidToken
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import get_language

from members import codes, emails
from members.models import MailedCode, Purpose
from newsroom import bell, clock
from newsroom.ciphers import cipher

log = structlog.get_logger(__name__)

SEAL = "members.sign_ins"
PAGE = 100


def ask(request: HttpRequest, email: str) -> None:
    """Whoever reads what goes to `email` (lower case) gets a letter soon; beyond the limits of codes nobody does."""

    def asked(code: str) -> str:
        content = {"email": email, "code": code, "language": (get_language() or "en")[:2]}
        return cipher(SEAL).encrypt(json.dumps(content).encode()).decode()

    if codes.make(request, Purpose.SIGN_IN, email, asked=asked):
        transaction.on_commit(lambda: bell.ring("members.answer_sign_ins"))


def answer_due() -> int:
    """Writes the letters that were asked for, once each, also when two are at it; says how many.

    A code past its time has no letter any more. What was sealed with another SECRET_KEY is let go and logged.
    """
    return sum(iter(_answer_page, 0))


@transaction.atomic
def _answer_page() -> int:
    asked = MailedCode.objects.exclude(asked="").filter(made_at__gt=clock.now() - codes.LASTS)
    page = list(asked.select_for_update(skip_locked=True).order_by("made_at")[:PAGE])
    for code in page:
        try:
            emails.sign_in_code(**json.loads(cipher(SEAL).decrypt(code.asked)))
        except InvalidToken:
            log.warning("sign_in_cannot_be_opened", code=code.pk)
    MailedCode.objects.filter(pk__in=[code.pk for code in page]).update(asked="")
    return len(page)
