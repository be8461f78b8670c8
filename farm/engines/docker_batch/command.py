"""What is run in an image: the image's own words, and the order's."""

import re
import shlex
from collections.abc import Mapping
from typing import Any

from farm.engines.docker_batch.faults import Fault

JOB = "/job"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LOGIN = ("DOCKER_REGISTRY_LOGIN", "DOCKER_REGISTRY_PASSWORD")
_KEPT_FROM_IT = frozenset({*_LOGIN, *(f"QARNOT_SECRET__{name}" for name in _LOGIN)})
_LONGEST_WORD, _MOST_WORDS = 30_000, 2_000
"""A command's words, in characters and number; the kernel takes four times as much."""
_HOSTNAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")

Config = Mapping[str, Any]


def command_of(config: Config, constants: Mapping[str, str]) -> list[str]:
    """As `docker run` does it: the entrypoint, then DOCKER_CMD or else the image's own. Raises Fault."""
    try:
        ordered = shlex.split(constants.get("DOCKER_CMD", ""))
    except ValueError as error:
        raise Fault("CONSTANT_UNREADABLE", f"DOCKER_CMD can't be read: {str(error).lower()}.") from error
    command = [*_words(config.get("Entrypoint")), *(ordered or _words(config.get("Cmd")))]
    if not command:
        raise Fault("NO_COMMAND", "The image has no command of its own: say in DOCKER_CMD what is to be run.")
    if max(map(len, command)) > _LONGEST_WORD or len(command) > _MOST_WORDS:
        raise Fault("CONSTANT_UNREADABLE", "DOCKER_CMD is too long: put it into a script among the resources.")
    return [_plain(word) for word in command]


def environment_in(config: Config, environment: Mapping[str, str]) -> dict[str, str]:
    """The image's, then the instance's, which wins; the registry's login stays outside."""
    images = dict(word.partition("=")[::2] for word in _words(config.get("Env")) if "=" in word)
    own = {name: value for name, value in environment.items() if name not in _KEPT_FROM_IT}
    together = {"PATH": _PATH, "USER": "render", **images, "HOME": "/tmp", **own}  # noqa: S108 - the sandbox's
    return {name: _plain(value) for name, value in together.items()}


def folder_in(config: Config, constants: Mapping[str, str]) -> str:
    given = constants.get("DOCKER_WORKDIR") or config.get("WorkingDir")
    return _plain(given) if isinstance(given, str) and given.startswith("/") else JOB


def hostname_in(constants: Mapping[str, str], instance_id: int) -> str:
    """Raises Fault."""
    name = constants.get("DOCKER_HOST", "").strip() or f"instance-{instance_id}"
    if not _HOSTNAME.fullmatch(name):
        raise Fault("CONSTANT_UNREADABLE", f"“{name[:80]}” is no name of a machine: check DOCKER_HOST.")
    return name


def _words(value: object) -> list[str]:
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []


def _plain(text: str) -> str:
    """Without what no command line or environment can hold."""
    return text.encode(errors="replace").decode().replace("\0", "")
