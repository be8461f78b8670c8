"""The first operator of an installation, made once, when it starts for the first time."""

import os
import secrets
from dataclasses import dataclass

from accounts.models import Account
from accounts.opening import make_account

DEFAULT_EMAIL = "admin@render.local"
READABLE = "abcdefghijkmnpqrstuvwxyz23456789"  # no l, o, 0, 1: it is copied from a terminal by eye as well


@dataclass(frozen=True)
class Credentials:
    email: str
    password: str


def ensure_first_operator() -> Credentials | None:
    """Makes the operator where there is none, and answers what to sign in with: the only time it can be read.

    E-mail and password are RENDER_ADMIN_EMAIL and RENDER_ADMIN_PASSWORD of the environment, or made up here.
    Raises accounts.opening.NotOpened when the address belongs to an ordinary account: whoever signed up with it
    must not become the operator by that.
    """
    if Account.objects.filter(is_superuser=True).exists():
        return None
    email = os.environ.get("RENDER_ADMIN_EMAIL", "").strip().lower() or DEFAULT_EMAIL
    password = os.environ.get("RENDER_ADMIN_PASSWORD") or _readable_password()
    make_account(email, password, is_operator=True)
    return Credentials(email, password)


def _readable_password() -> str:
    return "-".join("".join(secrets.choice(READABLE) for _ in range(5)) for _ in range(4))
