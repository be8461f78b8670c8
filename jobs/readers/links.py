"""Which files a .blend and its libraries point to, and which of them are not there. Runs only inside the sandbox."""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from blender_asset_tracer import trace
from blender_asset_tracer.trace.result import BlockUsage

MOST_LINKS = 5000
KINDS = {
    b"IM": "image",
    b"LI": "library",
    b"MC": "movie",
    b"SO": "sound",
    b"VF": "font",
    b"CF": "cache",
    b"VO": "cache",
    b"OB": "cache",
    b"SC": "image",
}


def linked_files(folder: Path, blend: Path) -> tuple[list[dict[str, Any]], str]:
    """Every file once, in the order they are met, and why the list may be short ("" when it is whole)."""
    found: dict[str, dict[str, Any]] = {}
    try:
        for usage in trace.deps(blend):
            link = _link(folder, usage)
            if link is not None:
                kept = found.setdefault(link["path"], link)
                kept["is_missing"] = kept["is_missing"] and link["is_missing"]
            if len(found) >= MOST_LINKS:
                return list(found.values()), f"only the first {MOST_LINKS} are listed"
    except Exception as failure:  # an old or damaged file the tracer stumbles over; what it found still counts
        return list(found.values()), f"{type(failure).__name__}: {failure}"[:200]
    return list(found.values()), ""


def _link(folder: Path, usage: BlockUsage) -> dict[str, Any] | None:
    named = bytes(usage.asset_path).decode(errors="replace").replace("\\", "/")
    if not named.strip("/") or named.startswith("<builtin>"):
        return None
    kind = _kind(usage, named)
    inside = _inside(folder, usage, named)
    if inside is None:
        return {"path": named, "kind": kind, "is_missing": kind != "cache", "is_outside": True}
    there = any(True for _ in _files(folder / inside, kind))
    return {"path": inside, "kind": kind, "is_missing": not there and kind != "cache", "is_outside": False}


def _kind(usage: BlockUsage, named: str) -> str:
    if "<UDIM>" in named or "<UVTILE>" in named:
        return "tiles"
    kind = KINDS.get(usage.block.code, "file")
    if usage.block.code == b"DATA":
        kind = "cache" if usage.is_sequence and usage.path_full_field is not None else "file"
        if usage.path_dir_field is not None:
            kind = "image" if usage.is_sequence else "movie"
    return "sequence" if kind == "image" and usage.is_sequence else kind


def _inside(folder: Path, usage: BlockUsage, named: str) -> str | None:
    """The path from the scene's folder; None where it is absolute or leads out of it."""
    if not named.startswith("//"):
        if named.startswith("/") or re.match(r"[A-Za-z]:", named):
            return None
        named = f"//{named}"
    base = Path(usage.block.bfile.filepath).resolve().parent.relative_to(folder).as_posix()
    path = posixpath.normpath(posixpath.join(base, named.lstrip("/")))
    return None if path.startswith("..") else path


def _files(path: Path, kind: str) -> Iterator[Path]:
    """The files meant by a path: tiles and sequences stand for many."""
    if kind == "tiles":
        pattern = re.sub(r"<UDIM>|<UVTILE>", "*", _escaped(path.name))
        yield from path.parent.glob(pattern)
    elif kind == "sequence" and not path.exists():
        stem = path.stem.rstrip("0123456789")
        yield from path.parent.glob(f"{_escaped(stem)}*{_escaped(path.suffix)}")
    elif path.exists():
        yield path


def _escaped(name: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", name)
