"""Finds the Python that fits a renderer's wheel: on the PATH, among pyenv's, or fetched by uv."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

_TRY_SECONDS = 30
_FETCH_SECONDS = 600
_CHECK = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"


class NoInterpreter(Exception):
    """No fitting Python is here and none could be fetched; the text says what to do."""


def find_interpreter(line: str, say: Callable[[str], None]) -> Path:
    """A working Python of that line ("3.11") that can make virtual environments; raises NoInterpreter."""
    for candidate in _candidates(line):
        if _fits(candidate, line):
            return candidate
    say(f"No Python {line} on this machine: fetching it with uv")
    fetched = _fetch_with_uv(line)
    if fetched and _fits(fetched, line):
        return fetched
    raise NoInterpreter(
        f"Python {line} is needed, is not on this machine, and uv could not fetch it. "
        f"Install it (pyenv install {line}, or your system's python{line} and python{line}-venv) and try again."
    )


def _candidates(line: str) -> Iterator[Path]:
    base = Path(sys.base_prefix) / "bin" / f"python{line}"
    yield base
    on_path = shutil.which(f"python{line}")
    if on_path:
        yield Path(on_path)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for version in sorted(pyenv.glob(f"{line}.*"), key=_release, reverse=True):
        yield version / "bin" / "python"
    known_to_uv = _ask_uv("python", "find", "--no-project", line, seconds=_TRY_SECONDS)
    if known_to_uv:
        yield known_to_uv


def _release(folder: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in folder.name.split(".") if part.isdigit())


def _fits(python: Path, line: str) -> bool:
    """Whether it runs at all (a pyenv shim may not) and is of that line."""
    try:
        answer = subprocess.run(
            [python, "-I", "-c", _CHECK], capture_output=True, text=True, timeout=_TRY_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.stdout.strip() == line


def _fetch_with_uv(line: str) -> Path | None:
    _ask_uv("python", "install", line, seconds=_FETCH_SECONDS)
    return _ask_uv("python", "find", "--no-project", line, seconds=_TRY_SECONDS)


def _ask_uv(*arguments: str, seconds: int) -> Path | None:
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv is None:
        return None
    try:
        answer = subprocess.run([uv, *arguments], capture_output=True, text=True, timeout=seconds, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = answer.stdout.strip()
    return Path(found) if answer.returncode == 0 and found else None
