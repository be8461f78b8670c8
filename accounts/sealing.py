"""What an account trusts us with, encrypted: by a key of the account, derived from settings.TOKEN_KEY.

A copy of the database alone tells nothing, and a row moved to another account opens nothing.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

FARM = "farm secrets"
"""The purpose of all that has none of its own."""


class Unreadable(Exception):
    """It was sealed with another key: TOKEN_KEY was changed since, or it is another account's."""


def seal(account_id: int, text: str, purpose: str = FARM) -> str:
    """What is sealed for one purpose can't be opened for another: a row moved between tables tells nothing either."""
    return _cipher(account_id, purpose).encrypt(text.encode()).decode()


def opened(account_id: int, sealed: str, purpose: str = FARM) -> str:
    """Raises Unreadable."""
    try:
        return _cipher(account_id, purpose).decrypt(sealed).decode()
    except InvalidToken as fault:
        raise Unreadable from fault


def _cipher(account_id: int, purpose: str) -> Fernet:
    derivation = HKDF(hashes.SHA256(), length=32, salt=None, info=f"{purpose} of account {account_id}".encode())
    return Fernet(base64.urlsafe_b64encode(derivation.derive(settings.TOKEN_KEY.encode())))
