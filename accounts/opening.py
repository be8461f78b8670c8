"""Opening an account from the operator's side; the sign-up page has allauth's own way."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from accounts.models import Account


class NotOpened(Exception):
    """No account was made. The text says why and what to do."""


def open_account(email: str, password: str, *, is_operator: bool = False) -> Account:
    """A new account that can sign in; an operator's has all rights in the admin panel.

    Raises NotOpened for an address or a password that won't do, and for an address that is taken.
    """
    email = email.strip().lower()
    _refuse_taken(email)
    try:
        validate_email(email)
        validate_password(password, Account(email=email))
    except ValidationError as refusal:
        raise NotOpened(" ".join(refusal.messages)) from refusal
    return make_account(email, password, is_operator=is_operator)


def make_account(email: str, password: str, *, is_operator: bool) -> Account:
    """As `open_account`, but takes the password as it is. Raises NotOpened for an address that is taken."""
    _refuse_taken(email)
    create = Account.objects.create_superuser if is_operator else Account.objects.create_user
    try:
        with transaction.atomic():
            return create(email, password)
    except IntegrityError as taken:  # between the look and the row
        raise NotOpened(f"{email} has an account already.") from taken


def _refuse_taken(email: str) -> None:
    if Account.objects.filter(email__iexact=email).exists():
        raise NotOpened(f"{email} has an account already.")
