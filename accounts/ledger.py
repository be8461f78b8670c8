"""The ledger of render time: the only writer of its entries, which are added and never changed, of the balances, and
of what is held.

All amounts are whole seconds. Every movement has a key, and a key can be booked only once: a repeated booking,
by the same process or another one at the same moment, changes nothing and answers with the first entry.

What is ordered is *held* first, so that two orders can't both spend the same hours. A charge takes from the hold of its
own reference and then from what is free, never from what is held for others; at the end the rest is let go.
Whoever reckons with a balance and its holds to change them has the balance's row locked.
"""

from collections.abc import Collection
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Greatest

from accounts.models import Account, Balance, Hold, LedgerEntry

SECONDS_AN_HOUR = 3600
MOST_SECONDS_AT_ONCE = 1_000_000 * SECONDS_AN_HOUR
"""The largest grant a person can give by hand: more is a slip of the keyboard."""


def balance_seconds(account: Account) -> int:
    """What is left, held or free. Below zero only where a correction took it there."""
    return Balance.objects.filter(account=account).values_list("seconds", flat=True).first() or 0


def available_seconds(account: Account) -> int:
    """What is free: left, and held for nothing. Never below zero."""
    held = Hold.objects.filter(account=OuterRef("account"), seconds__gt=0).order_by().values("account")
    free = F("seconds") - Coalesce(Subquery(held.annotate(sum=Sum("seconds")).values("sum")), 0)
    return max(0, Balance.objects.filter(account=account).values_list(free, flat=True).first() or 0)


def held_seconds(account: Account) -> int:
    """What is left and not free: held for farm tasks that have not ended."""
    return holds_under_way(account).aggregate(sum=Sum("seconds", default=0))["sum"]


def holds_under_way(account: Account) -> QuerySet[Hold]:
    """Those that still hold something, newest first."""
    return Hold.objects.filter(account=account, seconds__gt=0)


def held_references() -> list[str]:
    """The farm tasks of all accounts that hold something, or did until it was charged."""
    return list(Hold.objects.order_by().values_list("reference", flat=True))


def charged_seconds(reference: str) -> int:
    """All that was charged for a farm task, less what was put right since."""
    return charged_by_reference([reference]).get(reference, 0)


def charged_by_reference(references: Collection[str]) -> dict[str, int]:
    """Of those farm tasks that anything was charged for."""
    entries = LedgerEntry.objects.filter(reference__in=references).order_by()
    return {reference: -total for reference, total in entries.values_list("reference").annotate(Sum("seconds"))}


def held_by_reference(references: Collection[str]) -> dict[str, int]:
    """Of those farm tasks that have a hold."""
    return dict(Hold.objects.filter(reference__in=references).order_by().values_list("reference", "seconds"))


def grant(account: Account, seconds: int, reason: str, key: str) -> LedgerEntry:
    """Adds render time."""
    return _book(account, _positive(seconds), kind=LedgerEntry.Kind.GRANT, reason=reason, key=key)


def hold(account: Account, seconds: int, reason: str, *, reference: str) -> Hold:
    """Sets so much aside for a farm task, or what is free where that is less. Asked again, the first hold stays."""
    with transaction.atomic():
        _lock(account)
        held = min(_positive(seconds), available_seconds(account))
        facts = {"seconds": held, "reason": reason[:300]}
        return Hold.objects.get_or_create(account=account, reference=reference, defaults=facts)[0]


def let_go(references: Collection[str]) -> int:
    """Frees what is still held for farm tasks that have ended. Returns how many holds there were."""
    return Hold.objects.filter(reference__in=references).delete()[0]


def charge(
    account: Account, seconds: int, reason: str, *, reference: str, key: str, cap: int | None = None
) -> LedgerEntry:
    """Takes render time that was used; `seconds` is positive, `reference` the farm task it was used on.

    Less is taken where there is less: the balance never falls below zero by it, no other's hold is touched, and all
    charges of the reference together stay within `cap` seconds.
    """
    wanted = _positive(seconds)
    with transaction.atomic():
        _lock(account)
        booked = LedgerEntry.objects.filter(account=account, key=key).first()
        if booked:
            return booked
        amount = min(wanted, _chargeable(account, reference, cap))
        entry = _book(account, -amount, kind=LedgerEntry.Kind.CHARGE, reason=reason[:300], reference=reference, key=key)
        own = Hold.objects.filter(account=account, reference=reference)
        own.update(seconds=Greatest(F("seconds") - amount, Value(0)))
        return entry


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


def _lock(account: Account) -> None:
    Balance.objects.get_or_create(account=account)
    Balance.objects.select_for_update().get(account=account)


def _chargeable(account: Account, reference: str, cap: int | None) -> int:
    balance, own = balance_seconds(account), held_by_reference([reference]).get(reference, 0)
    # A correction may have left less than all holds: the own one is still good for what there is.
    most = min(balance, max(balance - held_seconds(account), 0) + own)
    if cap is not None:
        most = min(most, cap - charged_seconds(reference))
    return max(0, most)


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
