"""API tokens: made, read back, recognised and revoked here only.

A token's text is `<public id>.<HMAC>` and is derived from its row and the server's key, so that nothing secret
is stored and the S3 door can still get the secret back that it needs to check a signature.
"""

import hashlib
import hmac
import re
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Account, ApiToken

SIGNATURE_LENGTH = 40
USE_IS_NOTED_EVERY = timedelta(minutes=1)
TOKEN_PATTERN = re.compile(rf"(?P<public_id>rw_[0-9a-f]{{20}})\.(?P<signature>[0-9a-f]{{{SIGNATURE_LENGTH}}})")


def make_token(account: Account, name: str, *, internal: bool = False) -> tuple[ApiToken, str]:
    """A new token and its text. The text is to be shown once and kept nowhere.

    Raises IntegrityError for a second valid internal token: `internal_token` is the way to that one.
    """
    row = ApiToken.objects.create(
        account=account, public_id=f"rw_{secrets.token_hex(10)}", name=name, is_internal=internal
    )
    return row, token_text(row)


def token_text(row: ApiToken) -> str:
    message = f"{row.public_id}:{row.account_id}".encode()
    signature = hmac.new(settings.TOKEN_KEY.encode(), message, hashlib.sha256).hexdigest()
    return f"{row.public_id}.{signature[:SIGNATURE_LENGTH]}"


def account_of(text: str) -> ApiToken | None:
    """The row of a token that is genuine, not revoked, and whose account is not suspended. Notes its use."""
    parts = TOKEN_PATTERN.fullmatch(text)
    if parts is None:
        return None
    row = _valid().filter(public_id=parts["public_id"]).first()
    if row is None or not hmac.compare_digest(token_text(row), text):
        return None
    note_use(row)
    return row


def secret_candidates(email: str) -> list[tuple[ApiToken, str]]:
    """Every valid token of the account with this e-mail, with its text: one of them signed the S3 request.

    The one that did is told to `note_use` by the S3 door.
    """
    if "\x00" in email:  # PostgreSQL refuses it with an error of its own
        return []
    return [(row, token_text(row)) for row in _valid().filter(account__email__iexact=email).order_by("-last_used_at")]


def note_use(row: ApiToken) -> None:
    """Keeps the time of the last use, to the minute: a script that calls often doesn't write often."""
    now = timezone.now()
    if row.last_used_at is None or now - row.last_used_at >= USE_IS_NOTED_EVERY:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now)
        row.last_used_at = now


def internal_token(account: Account) -> str:
    """The text of the token by which the web app acts for this account; made at the first call."""
    mine = ApiToken.objects.filter(account=account, is_internal=True, revoked_at=None)
    row = mine.first()
    if row is None:
        try:
            with transaction.atomic():
                row, _ = make_token(account, "Render Web itself", internal=True)
        except IntegrityError:  # another process made it meanwhile
            row = mine.get()
    return token_text(row)


def revoke(row: ApiToken) -> None:
    """Refuses the token from now on. Revoking twice keeps the first time."""
    ApiToken.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=timezone.now())
    row.refresh_from_db(fields=["revoked_at"])


def _valid() -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(revoked_at=None, account__is_active=True).select_related("account")
