"""Suspending an account and restoring it. Its data, renders and ledger stay as they are.

A suspended account can't sign in; its open sessions and its tokens are refused from the next request on.
"""

from accounts.models import Account


def suspend(account: Account) -> None:
    _set_active(account, False)


def restore(account: Account) -> None:
    _set_active(account, True)


def _set_active(account: Account, is_active: bool) -> None:
    Account.objects.filter(pk=account.pk).update(is_active=is_active)
    account.is_active = is_active
