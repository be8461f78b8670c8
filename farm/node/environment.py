"""What an instance finds in its environment: the order's constants, its secrets, and its place among its siblings."""

import re

from farm import credentials, secret_constants, secrets
from farm.licences import NO_LICENCE, Grant
from farm.models import Instance, Task

LONGEST_EXPANDED = 131_072
"""Characters that references bring into one text: as long as the system lets a variable be."""

_REFERENCE = re.compile(r"\$\{([A-Za-z0-9_.-]+)\}")


class TooLong(ValueError):
    """References that are repeated would make gigabytes of a short text. The text goes after what is too long."""


def environment_of(instance: Instance, task: Task, job: str, grant: Grant = NO_LICENCE) -> dict[str, str]:
    """`job` is the job folder as the engine sees it, `grant` how its software gets its licence.

    `${NAME}` in a constant is the value of that name, once: what it brings is not looked into again. Raises TooLong.
    """
    place = str(instance.instance_id)
    own = {
        "INSTANCE_ID": place,
        "INSTANCE_COUNT": str(task.total_instance_count),
        "FRAME_ID": str(instance.frame),
        "QRANK": place,
        "QSIZE": str(task.total_instance_count),
        "TASK_PATH": job,
        "QARNOT_RESOURCES_DIRECTORY": job,
        "QARNOT_RESULTS_DIRECTORY": job,
        "TMP_PATH": "/tmp",  # noqa: S108 - the sandbox's own
        **credentials.of_task(task),
        **grant.constants,
    }
    constants = {**secrets.of_task(task), **secret_constants.opened(task)}
    known = {**constants, **own}
    return {**{name: expanded(value, known) for name, value in constants.items()}, **own}


def hidden_values(task: Task, environment: dict[str, str], grant: Grant = NO_LICENCE) -> list[str]:
    """What no line of the instance's output may show, longest first."""
    token = environment.get(credentials.TOKEN) if task.gives_credentials else None
    every = [*secrets.known_values(task), *grant.hidden, *([token] if token else [])]
    return sorted(every, key=len, reverse=True)


def expanded(text: str, known: dict[str, str]) -> str:
    """Unknown names stay as they are. Raises TooLong."""
    room = LONGEST_EXPANDED

    def value(found: re.Match[str]) -> str:
        nonlocal room
        word = known.get(found[1], found[0])
        room -= len(word)
        if room < 0:
            raise TooLong("is too long with the constants it names")
        return word

    return _REFERENCE.sub(value, text)
