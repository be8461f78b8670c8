"""The ledger of render time: the only writer of its entries, which are added and never changed, and of the balances.

All amounts are whole seconds. Every movement has a key, and a key can be booked only once: a repeated booking,
by the same process or another one at the same moment, changes nothing and answers with the first entry.
"""

from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.models import Account, Balance, LedgerEntry

SECONDS_AN_HOUR = 3600
MOST_SECONDS_AT_ONCE = 1_000_000 * SECONDS_AN_HOUR
"""The largest grant a person can give by hand: more is a slip of the keyboard."""


def balance_seconds(account: Account) -> int:
    """What is left. Below zero when work that was under way used more than there was."""
    return Balance.objects.filter(account=account).values_list("seconds", flat=True).first() or 0


def grant(account: Account, seconds: int, reason: str, key: str) -> LedgerEntry:
    """Adds render time."""
    return _book(account, _positive(seconds), kind=LedgerEntry.Kind.GRANT, reason=reason, key=key)


def charge(account: Account, seconds: int, reason: str, *, reference: str, key: str) -> LedgerEntry:
    """Takes render time that was used; `seconds` is positive, `reference` the farm task it was used on."""
    amount = -_positive(seconds)
    return _book(account, amount, kind=LedgerEntry.Kind.CHARGE, reason=reason, reference=reference, key=key)


def correct(account: Account, seconds: int, reason: str, key: str) -> LedgerEntry:
    """Puts an earlier entry right, either way: `seconds` has its sign."""
    return _book(account, seconds, kind=LedgerEntry.Kind.CORRECTION, reason=reason, key=key)


def welcome(account: Account) -> None:
    """Greets an account with its free hours: once, however often and by whatever way it is asked."""
    if settings.FREE_HOURS > 0:
        grant(account, settings.FREE_HOURS * SECONDS_AN_HOUR, "Welcome", key=f"welcome:{account.pk}")


def seconds_to_grant(hours: str) -> int:
    """Seconds of the hours somebody typed. Raises ValueError with a sentence for what can't be granted."""
    try:
        seconds = int(Decimal(hours) * SECONDS_AN_HOUR)
    except (InvalidOperation, ValueError, OverflowError):
        seconds = 0
    if not 0 < seconds <= MOST_SECONDS_AT_ONCE:
        raise ValueError(f"“{hours}” is no number of hours that can be granted. Give one such as 10 or 0.5.")
    return seconds


def _positive(seconds: int) -> int:
    if seconds < 0:
        raise ValueError(f"{seconds} s: grants and charges are positive; `correct` books either way.")
    return seconds


def _book(account: Account, seconds: int, *, key: str, **facts: Any) -> LedgerEntry:
    try:
        with transaction.atomic():
            entry = LedgerEntry.objects.create(account=account, seconds=seconds, key=key, **facts)
            _add_to_balance(account, seconds)
            return entry
    except IntegrityError:
        # The account in the filter: a key of someone else's is a mistake of the caller, and is not hidden.
        booked = LedgerEntry.objects.filter(account=account, key=key).first()
        if booked is None:
            raise
        return booked


def _add_to_balance(account: Account, seconds: int) -> None:
    added = F("seconds") + seconds
    if not Balance.objects.filter(account=account).update(seconds=added):
        Balance.objects.get_or_create(account=account)
        Balance.objects.filter(account=account).update(seconds=added)
