"""Secrets: values an account keeps under names like paths, for those of its instances that may have them.

**At rest** a value is sealed (farm.sealing).
**In an instance** a secret is the environment variable `QARNOT_SECRET__<KEY>`: the key in capitals, with `_` for what
is neither a letter nor a digit (`licences/ansys.port` → `QARNOT_SECRET__LICENCES_ANSYS_PORT`). Qarnot says of its own
only that constants of this prefix are secret, so both kinds are found at one place; a constant of the order wins.
The order's `secretsAccessRights` say which: `bySecret` whole keys, `byPrefix` beginnings of keys. What isn't there
when the instance begins is not given.
**In what is printed**, and in what is said of a failure, `known_values` are replaced before it leaves the node.
"""

import logging
import re
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import sealing
from accounts.models import Account
from farm import licence_servers, secret_constants
from farm.models import Licence, Secret, Task
from farm.secret_constants import ECHO

log = logging.getLogger(__name__)

LONGEST_KEY = 255
LONGEST_VALUE_BYTES = 16 * 1024
MAX_SECRETS = 100
"""Of an account. All of them together still fit into the environment of one process."""
SHORTEST_MASKED = 6
"""Characters of a value below which replacing it in what is printed would tear up ordinary words."""

_NOT_IN_A_KEY = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9]")
_OF_A_LICENCE_SERVER = re.compile(r"licences/([^/]+)/server")


class NotThere(Exception):
    """The account has no secret of this key."""


class IsThere(Exception):
    """The account has a secret of this key already."""


class NotKept(Exception):
    """The key or the value can't be kept, or the value can't be read; the text says why and what to do."""


def create(account: Account, key: str, value: str) -> None:
    """Raises IsThere, or NotKept for a key or value that won't do and for an account that has MAX_SECRETS."""
    key = _checked_key(key)
    _check_value(key, value)
    ciphertext = _sealed(account.pk, value)
    try:
        with transaction.atomic():
            # One at a time of an account, so that the count stays true until the row is there.
            Account.objects.select_for_update(no_key=True).get(pk=account.pk)
            if account.secrets.count() >= MAX_SECRETS and not account.secrets.filter(key=key).exists():
                raise NotKept(f"You have {MAX_SECRETS} secrets, and no account may have more. Delete one first.")
            Secret.objects.create(account=account, key=key, ciphertext=ciphertext)
    except IntegrityError as fault:
        raise IsThere from fault


def change(account: Account, key: str, value: str) -> None:
    """Raises NotThere, or NotKept."""
    _check_value(key, value)
    changes = {"ciphertext": _sealed(account.pk, value), "changed_at": timezone.now()}
    if not account.secrets.filter(key=_checked_key(key)).update(**changes):
        raise NotThere


def get(account: Account, key: str) -> str:
    """Raises NotThere, or NotKept when the server's key is another one than when it was kept."""
    secret = _of_key(account, key).first()
    if secret is None:
        raise NotThere
    try:
        return sealing.opened(account.pk, secret.ciphertext)
    except sealing.Unreadable as fault:
        raise NotKept(
            "The server's key was changed since this secret was kept, and it can't be read any more: update it."
        ) from fault


def delete(account: Account, key: str) -> None:
    """Raises NotThere."""
    if not _of_key(account, key).delete()[0]:
        raise NotThere


def search(account: Account, folder: str) -> list[str]:
    """What is directly below the folder ("" for the topmost): keys, and folders with a `/` at their end, without it."""
    beginning = f"{folder}/" if folder else ""
    below = [key.removeprefix(beginning) for key in _keys(account) if key.startswith(beginning)]
    return sorted({name if not rest else f"{name}/" for name, _, rest in (key.partition("/") for key in below)})


def of_task(task: Task) -> dict[str, str]:
    """The environment variables that bring the task's instances their secrets."""
    rights = task.secrets_access or {}
    whole = {entry["key"].strip("/") for entry in rights.get("bySecret") or []}
    beginnings = tuple(entry["prefix"].lstrip("/") for entry in rights.get("byPrefix") or [])
    if not whole and not beginnings:
        return {}
    given: dict[str, str] = {}
    for secret in Secret.objects.filter(account=task.account_id).order_by("key"):
        if secret.key in whole or secret.key.startswith(beginnings):
            try:
                given[variable(secret.key)] = sealing.opened(secret.account_id, secret.ciphertext)
            except sealing.Unreadable:
                log.warning("secret %s of task %s can't be read: TOKEN_KEY was changed since", secret.key, task.pk)
    return given


def variable(key: str) -> str:
    """The environment variable of the secret of this key. Where two keys have one, the last by name is given."""
    return secret_constants.PREFIX + _NOT_IN_A_NAME.sub("_", key).upper()


def known_values(task: Task) -> list[str]:
    """What no line of the task's output may show, longest first. Of a value of several lines each line is one."""
    every = [*of_task(task).values(), *secret_constants.values(task)]
    lines = {line.strip() for value in every for line in value.splitlines()}
    return sorted((line for line in lines if len(line) >= SHORTEST_MASKED), key=len, reverse=True)


def masked(text: str, values: Sequence[str]) -> str:
    """The text with ECHO in the place of each of the `known_values`."""
    for value in values:
        text = text.replace(value, ECHO)
    return text


def _of_key(account: Account, key: str) -> QuerySet[Secret]:
    """Nothing for what no key is: PostgreSQL breaks on the character 0."""
    return account.secrets.none() if _NOT_IN_A_KEY.search(key) else account.secrets.filter(key=key)


def _keys(account: Account) -> list[str]:
    return list(account.secrets.values_list("key", flat=True))


def _check_value(key: str, value: str) -> None:
    """Where it is the address of a licence server, it is one that this farm connects to. Raises NotKept."""
    name = _OF_A_LICENCE_SERVER.fullmatch(key)
    if name is None or not Licence.objects.filter(name=name[1]).exists():
        return
    try:
        licence_servers.check(value)
    except (licence_servers.Malformed, licence_servers.NotAllowed) as fault:
        raise NotKept(str(fault)) from fault


def _checked_key(key: str) -> str:
    if not key or len(key) > LONGEST_KEY or _NOT_IN_A_KEY.search(key) or "" in key.split("/"):
        raise NotKept(f"A secret's key has 1 to {LONGEST_KEY} characters, and no empty part between two slashes.")
    return key


def _sealed(account_id: int, value: str) -> str:
    if "\0" in value or len(value.encode("utf-8", "surrogatepass")) > LONGEST_VALUE_BYTES or _has_half_pair(value):
        raise NotKept(f"A secret's value is a text of at most {LONGEST_VALUE_BYTES} bytes, without the character 0.")
    return sealing.seal(account_id, value)


def _has_half_pair(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
