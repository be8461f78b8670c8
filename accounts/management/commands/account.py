"""`manage.py account …`: what an operator does with accounts, from a terminal or a script."""

import getpass
import sys
import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import ledger, standing, tokens
from accounts.first_operator import ensure_first_operator
from accounts.models import Account
from accounts.opening import NotOpened, open_account


class Command(BaseCommand):
    help = "Opens accounts, makes tokens, grants hours, suspends and restores."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        create = actions.add_parser("create", help="Open an account; the password is read from standard input.")
        create.add_argument("email")
        create.add_argument("--operator", action="store_true", help="With all rights in the admin panel.")
        token = actions.add_parser("token", help="Make an API token and print it: it can't be shown again.")
        token.add_argument("email")
        token.add_argument("name", help="What it is for, as it will stand on the account page.")
        grant = actions.add_parser("grant", help="Add render hours.")
        grant.add_argument("email")
        grant.add_argument("hours", help="More than nothing; parts of an hour with a point.")
        grant.add_argument("--reason", default="Granted by the operator")
        for name, effect in (("suspend", "Refuse sign-in, sessions and tokens."), ("restore", "Undo suspend.")):
            actions.add_parser(name, help=effect).add_argument("email")
        actions.add_parser("first-operator", help="Make the first operator; silent when there is one.")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, options["action"].replace("-", "_"))(options)

    def create(self, options: dict[str, Any]) -> None:
        try:
            account = open_account(options["email"], _read_password(), is_operator=options["operator"])
        except NotOpened as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{account.email} can sign in now.")

    def token(self, options: dict[str, Any]) -> None:
        account = _find(options["email"])
        name = options["name"].strip()
        if not name or len(name) > 100:
            raise CommandError("A token's name has 1 to 100 characters.")
        if not account.is_active:
            raise CommandError(f"{account} is suspended: its tokens are refused. First `account restore {account}`.")
        self.stdout.write(tokens.make_token(account, name)[1])

    def grant(self, options: dict[str, Any]) -> None:
        account = _find(options["email"])
        try:
            seconds = ledger.seconds_to_grant(options["hours"])
        except ValueError as refusal:
            raise CommandError(str(refusal)) from refusal
        ledger.grant(account, seconds, options["reason"], key=f"command:{uuid.uuid4()}")
        hours = ledger.balance_seconds(account) / ledger.SECONDS_AN_HOUR
        self.stdout.write(f"{account.email} has {hours:.2f} render hours now.")

    def suspend(self, options: dict[str, Any]) -> None:
        account = _find(options["email"])
        standing.suspend(account)
        self.stdout.write(f"{account.email} is suspended.")

    def restore(self, options: dict[str, Any]) -> None:
        account = _find(options["email"])
        standing.restore(account)
        self.stdout.write(f"{account.email} can sign in and render again.")

    def first_operator(self, options: dict[str, Any]) -> None:
        try:
            credentials = ensure_first_operator()
        except NotOpened as refusal:
            raise CommandError(f"{refusal} Give another RENDER_ADMIN_EMAIL for the first operator.") from refusal
        if credentials:
            self.stdout.write(f"{credentials.email}\n{credentials.password}")


def _find(email: str) -> Account:
    account = Account.objects.filter(email__iexact=email.strip()).first()
    if account is None:
        raise CommandError(f"There is no account {email}. `account create {email}` opens one.")
    return account


def _read_password() -> str:
    """From standard input, so that it stands in no process list and no shell history."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Password again: ") != password:
        raise CommandError("The two passwords differ. Nothing was changed.")
    return password
