"""Keeps short secrets in the database so that only the running system reads them: a key of its own for each purpose."""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet
from django.utils.crypto import salted_hmac


def cipher(purpose: str) -> Fernet:
    """Of SECRET_KEY: what it made cannot be opened (cryptography.fernet.InvalidToken) once that is another one."""
    return Fernet(urlsafe_b64encode(salted_hmac(purpose, "", algorithm="sha256").digest()))
