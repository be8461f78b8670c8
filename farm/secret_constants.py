"""Constants of an order that are for its instances only: kept encrypted, told to everyone else as an echo.

They are those whose name begins with PREFIX, as Qarnot has it, and those that a profile says are secret.
"""

import logging
from collections.abc import Mapping

from accounts import sealing
from farm.engines import profiles
from farm.engines.profile import Kind
from farm.models import Task

log = logging.getLogger(__name__)

PREFIX = "QARNOT_SECRET__"
ECHO = "[SECRET]"
"""What is told instead of a secret."""
_SEALED = "sealed:"


def kept(account_id: int, profile: str, constants: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """`constants` of an order as its row has them. A client that sends an echo back leaves what was there `before`."""
    return {
        name: _kept(account_id, value, before.get(name)) if _is_secret(profile, name) else value
        for name, value in constants.items()
    }


def opened(task: Task) -> dict[str, str]:
    """The task's constants as its instances have them."""
    return {
        name: _opened(task, value) if _is_secret(task.profile, name) else value
        for name, value in task.constants.items()
    }


def echoed(task: Task) -> dict[str, str]:
    """The task's constants as they may be told."""
    return {name: ECHO if _is_secret(task.profile, name) else value for name, value in task.constants.items()}


def values(task: Task) -> list[str]:
    """The secret ones'."""
    return [_opened(task, value) for name, value in task.constants.items() if _is_secret(task.profile, name)]


def _kept(account_id: int, value: str, before: str | None) -> str:
    if value == ECHO and before is not None:
        return before
    return _SEALED + sealing.seal(account_id, value)


def _opened(task: Task, value: str) -> str:
    """A row from before constants were sealed has the value itself."""
    if not value.startswith(_SEALED):
        return value
    try:
        return sealing.opened(task.account_id, value.removeprefix(_SEALED))
    except sealing.Unreadable:
        log.warning("a secret constant of task %s can't be read: TOKEN_KEY was changed since", task.pk)
        return ""


def _is_secret(profile: str, name: str) -> bool:
    if name.startswith(PREFIX):
        return True
    known = profiles.find(profile)
    return known is not None and any(one.name == name and one.kind == Kind.SECRET for one in known.constants)
