"""Names and paths that came from outside, made safe to keep and to show."""

import re
import unicodedata
from collections.abc import Iterable

LONGEST_SEGMENT_BYTES = 200
LONGEST_PATH_BYTES = 800
MOST_SEGMENTS = 30

_DROPPED = re.compile(
    r"(^|/)(\.DS_Store|Thumbs\.db|desktop\.ini|__MACOSX(/.*)?|\._[^/]*|[^/]*\.blend\d+)$|^__MACOSX/", re.I
)
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


class PathRefused(ValueError):
    """Why a path can't be kept, as a sentence for the page."""


def plain_text(text: str) -> str:
    """NFC, without control, bidirectional, zero-width and private characters."""
    return "".join(c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) not in _UNSEEN)


def is_plain(text: str) -> bool:
    """Nothing in it that `plain_text` would take out. Spaces of other languages and keyboards are fine."""
    return not any(unicodedata.category(c) in _UNSEEN for c in text)


def is_dropped(path: str) -> bool:
    """What operating systems and Blender leave behind: .DS_Store, __MACOSX, *.blend1."""
    return bool(_DROPPED.search(path))


def clean(path: str) -> str:
    """A relative path with `/`, no `..`, no drive, segments of at most 200 bytes. Raises PathRefused."""
    segments = [s for s in plain_text(path).replace("\\", "/").split("/") if s.strip() not in ("", ".")]
    if not segments or ".." in (segment.strip() for segment in segments):
        raise PathRefused("A file's name is empty or leads out of its folder.")
    if len(segments) > MOST_SEGMENTS:
        raise PathRefused("Folders are nested too deep. Move the scene nearer to the top.")
    if re.fullmatch(r"[A-Za-z]:", segments[0]):
        segments = segments[1:] or ["file"]
    cleaned = "/".join(_short(segment.strip()) for segment in segments)
    if len(cleaned.encode()) > LONGEST_PATH_BYTES:
        raise PathRefused("A file's path is too long. Shorten the names of its folders.")
    return cleaned


def _short(segment: str) -> str:
    if len(segment.encode()) <= LONGEST_SEGMENT_BYTES:
        return segment
    stem, dot, suffix = segment.rpartition(".")
    if not dot or len(suffix) > 12:
        stem, suffix = segment, ""
    room = LONGEST_SEGMENT_BYTES - len((dot + suffix).encode() if suffix else b"")
    return stem.encode()[:room].decode(errors="ignore") + (f".{suffix}" if suffix else "")


def folded(path: str) -> str:
    """What two paths share when a case-ignoring disk would take them for one."""
    return unicodedata.normalize("NFC", path).casefold()


def likeliest_main(scene_files: Iterable[str]) -> list[str]:
    """The likeliest main one first: nearest the top, then not a part, then by name."""
    parts = re.compile(r"(^|/)(lib|libs|library|props?|chars?|characters?|assets?|sets?|textures?|cache)(/|$)", re.I)
    return sorted(scene_files, key=lambda path: (bool(parts.search(path)), path.count("/"), path.casefold()))
