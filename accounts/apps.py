from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_save


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        post_save.connect(greet_new_account, sender="accounts.Account", dispatch_uid="accounts.greet_new_account")


def greet_new_account(instance: Any, created: bool, raw: bool = False, **kwargs: Any) -> None:
    """The one place every way of making an account passes through; a fixture (raw) brings its own ledger."""
    from accounts import ledger

    if created and not raw:
        ledger.welcome(instance)
