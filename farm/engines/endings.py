"""Turns the end of an engine that gave no answer into a code and a sentence for an artist."""

import signal
from collections.abc import Sequence

import sandbox
from sandbox.supervisor import NOT_CONFINED

_GRAPHICS_ENGINES = {"BLENDER_EEVEE", "BLENDER_EEVEE_NEXT", "BLENDER_WORKBENCH"}
_NO_MEMORY = ("MemoryError", "bad_alloc", "Malloc returns null", "Calloc returns null", "out of memory")
_NO_GRAPHICS = ("epoxy_get_proc_address", "Couldn't find current GLX or EGL context")
_NAMES = {
    signal.SIGSEGV: "a segmentation fault",
    signal.SIGABRT: "an abort",
    signal.SIGBUS: "a bus error",
    signal.SIGFPE: "an arithmetic error",
    signal.SIGILL: "an illegal instruction",
}


def explain(exit_code: int, last_lines: Sequence[str], software: str, engine: str, memory_mb: int) -> tuple[str, str]:
    """(code, sentence). `engine` is the software's name of its render engine, where it got that far."""
    number = sandbox.signal_of(exit_code)
    said = "\n".join(last_lines)
    if exit_code == NOT_CONFINED or (exit_code == 1 and any(line.startswith("bwrap:") for line in last_lines)):
        return "SANDBOX_FAILED", f"The machine could not make a safe place to render in: {last_lines[-1]}"
    if any(words in said for words in _NO_MEMORY):
        return "OUT_OF_MEMORY", _out_of_memory(memory_mb)
    if number == signal.SIGKILL:
        return (
            "OUT_OF_MEMORY",
            f"The system killed {software}, as it does when memory runs out. {_out_of_memory(memory_mb)}",
        )
    if number in (signal.SIGABRT, signal.SIGSEGV) and engine in _GRAPHICS_ENGINES and _lacks_graphics(said):
        return "NO_OPENGL", "EEVEE and Workbench need OpenGL, which this machine lacks. Choose Cycles."
    if number == signal.SIGXFSZ:
        return "FILE_TOO_LARGE", "The scene wrote a larger file than the farm takes."
    if number == signal.SIGSYS:
        return "CRASHED", f"{software} was ended because it did something that the sandbox forbids."
    if number is not None:
        name = _NAMES.get(number, f"the signal {number.name}")
        return "CRASHED", (
            f"{software} crashed on this frame: {name} ({number.name}). "
            f"Try another version of {software}, or find what in the scene breaks it by hiding parts."
        )
    return "ENDED_EARLY", f"{software} ended with exit code {exit_code} before the frame was done; the log says more."


def too_long(seconds: float) -> str:
    allowed = f"{seconds / 3600:.0f} hours" if seconds >= 7200 else f"{seconds:.0f} seconds"
    return f"The frame took longer than the {allowed} that it may take: use fewer samples or a smaller picture."


def _lacks_graphics(said: str) -> bool:
    return any(words in said for words in _NO_GRAPHICS)


def _out_of_memory(memory_mb: int) -> str:
    return (
        f"The scene needs more memory than the {memory_mb / 1024:.0f} GB of this machine: "
        "use smaller textures, fewer subdivisions or a smaller picture."
    )
