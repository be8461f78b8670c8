"""The Chromium the browser tests drive: found, or installed where that is possible.

`python -m tests.chromium` makes sure there is one, and exits 1 if there can't be.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
]


def path() -> str | None:
    """The browser's executable: CHROMIUM, the machine's, or the one Playwright keeps."""
    given = os.environ.get("CHROMIUM")
    if given:
        return given
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    kept = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "ms-playwright"
    return next((str(file) for file in sorted(kept.glob("chromium-*/chrome-linux*/chrome"))), None)


def install() -> None:
    """Playwright's own download, else Debian's package where this user may install one."""
    attempts = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        attempts = [
            ["apt-get", "update", "-q"],
            ["apt-get", "install", "-qy", "--no-install-recommends", "chromium", "bubblewrap"],
            *attempts,
        ]
    for command in attempts:
        subprocess.run(command, stdout=subprocess.DEVNULL)
        if path():
            return


if __name__ == "__main__":
    if not path():
        print("Installing Chromium for the browser tests …", flush=True)
        install()
    sys.exit(0 if path() else 1)
