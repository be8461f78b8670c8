"""`s3cmd`, `rclone` and `aws`, as people use them on the S3 door, in a virtual environment of their own.

`python -m tests.s3_tools` makes sure they are there, and exits 1 where they can't be installed.
"""

import fcntl
import os
import subprocess
import sys
import venv
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements-s3-tools.txt"


def folder() -> Path:
    """Kept between runs and checkouts, as the engines are."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "render-web" / "s3-tools"


def tool(name: str) -> str:
    """The command's path."""
    return str(folder() / "bin" / name)


def are_there() -> bool:
    stamp = folder() / "installed.txt"
    return stamp.exists() and stamp.read_text() == REQUIREMENTS.read_text()


def install() -> None:
    """Raises CalledProcessError where pip can't. A second one waits for the first."""
    folder().mkdir(parents=True, exist_ok=True)
    with folder().with_name("s3-tools.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if are_there():
            return
        venv.create(folder(), clear=True, with_pip=True)
        pip = [str(folder() / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, "--progress-bar", "off", "-r", str(REQUIREMENTS)], check=True)
        (folder() / "installed.txt").write_text(REQUIREMENTS.read_text())


if __name__ == "__main__":
    if not are_there():
        print("Installing s3cmd, rclone and aws for the tests of the S3 door …", flush=True)
        try:
            install()
        except subprocess.CalledProcessError:
            sys.exit(1)
