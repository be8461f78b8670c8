"""Makes what an image unpacked to harmless and readable: it was written by strangers."""

import os
import stat
from pathlib import Path

_PRELOADED = "etc/ld.so.preload"


def clean(root: Path) -> int:
    """Ours, without setuid bits, devices, sockets and pipes, readable for all; its size in bytes.

    No link is followed; raises NotADirectoryError where `root` is one. As root the files belonged to the
    tool's uid, and the command will have another.
    """
    facts = os.lstat(root)
    if not stat.S_ISDIR(facts.st_mode):
        raise NotADirectoryError(f"{root.name} is no folder")
    size = 0
    _make_ours(root, facts)
    for parent, folders, names in os.walk(root):
        for name in [*folders, *names]:
            size += _clean(Path(parent) / name)
    preloaded = root / _PRELOADED
    if not (root / "etc").is_symlink() and os.path.lexists(preloaded):
        preloaded.unlink()  # it would be loaded into the sandbox's own programs
    return size


def _clean(path: Path) -> int:
    facts = os.lstat(path)
    if stat.S_ISLNK(facts.st_mode):
        os.lchown(path, os.getuid(), os.getgid())
        return 0
    if not (stat.S_ISREG(facts.st_mode) or stat.S_ISDIR(facts.st_mode)):
        path.unlink()
        return 0
    _make_ours(path, facts)
    return facts.st_size


def _make_ours(path: Path, facts: os.stat_result) -> None:
    """Who owns it loses setuid bits by that; they are taken away in any case."""
    os.lchown(path, os.getuid(), os.getgid())
    mode = stat.S_IMODE(facts.st_mode) & 0o777 | 0o444 | 0o200
    if stat.S_ISDIR(facts.st_mode) or mode & 0o111:
        mode |= 0o111
    os.chmod(path, mode)
