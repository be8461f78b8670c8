"""Turns the end of a command in an image into a code and a sentence."""

import signal
from collections.abc import Sequence

import sandbox
from sandbox.image_root import START

NOT_FOUND, NOT_STARTED = 127, 126
_LONGEST = 300


def explain(exit_code: int, last_lines: Sequence[str], command: Sequence[str], memory_mb: int) -> tuple[str, str]:
    """(code, sentence); both are empty for a command that succeeded."""
    if exit_code == 0:
        return "", ""
    if last_lines and all(line.startswith("bwrap:") for line in last_lines):
        return "SANDBOX_FAILED", f"The machine could not make a safe place to run in: {last_lines[-1]}"
    last = next((line.strip() for line in reversed(last_lines) if line.strip()), "")
    said = f" The last it printed: {last[:_LONGEST]}" if last else " It printed nothing."
    number = sandbox.signal_of(exit_code)
    if number == signal.SIGKILL:
        return "OUT_OF_MEMORY", (
            "The command was killed, by itself or because memory ran out "
            f"(this machine has {memory_mb / 1024:.0f} GB).{said}"
        )
    if number == signal.SIGXFSZ:
        return "FILE_TOO_LARGE", "The command wrote a larger file than the farm takes."
    if number is not None:
        return "COMMAND_FAILED", f"The command was ended by {number.name} (exit code {exit_code}).{said}"
    if exit_code == NOT_FOUND and last.startswith(START):
        return "COMMAND_NOT_FOUND", f"“{command[0]}” is not in the image: check DOCKER_CMD."
    if exit_code == NOT_STARTED:
        return "COMMAND_NOT_STARTED", f"“{command[0]}” could not be started.{said}"
    return "COMMAND_FAILED", f"The command ended with exit code {exit_code}.{said}"


def too_much_memory(memory_mb: int) -> str:
    return f"The command and what it started needed more than the {memory_mb / 1024:.1f} GB of memory that there are."


def too_long(seconds: float) -> str:
    allowed = f"{seconds / 3600:.0f} hours" if seconds >= 7200 else f"{seconds:.0f} seconds"
    return f"The command took longer than the {allowed} that an instance may take: split the work into more instances."
