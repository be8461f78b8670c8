"""Which parts of the system a command in the sandbox may read."""

import os
from pathlib import Path

SYSTEM_FOLDERS = tuple(
    Path(path)
    for path in (
        "/usr/lib",
        "/usr/lib64",
        "/lib",
        "/lib64",
        "/etc/ld.so.cache",
        # Mesa: which driver draws, and its settings. EEVEE and Workbench need them.
        "/usr/share/glvnd",
        "/usr/share/drirc.d",
        "/etc/glvnd",
        "/etc/drirc",
    )
)
"""Libraries and nothing else: no shell, no accounts, no fonts, no home."""


_MOST_LINKS = 40


def interpreter_folders(python: Path) -> list[Path]:
    """What a Python needs to start: its virtual environment, and the one it was made with.

    `python` is the path it is called by; its links are followed one by one, because the virtual
    environment is told by the first. A system's own (/usr/bin/python3) gives only itself, not all
    of /usr: its library lies in /usr/lib.
    """
    folders: dict[Path, None] = {}
    hop = python.absolute()
    for _ in range(_MOST_LINKS):
        home = hop.parent.parent
        folders[hop if home == Path("/usr") else home] = None
        if not hop.is_symlink():
            break
        hop = Path(os.path.normpath(hop.parent / os.readlink(hop)))
    return list(folders)
