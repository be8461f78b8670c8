"""Which file of a library is meant by a path a scene names: by the end of its path, else by its name."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from os.path import commonprefix

from jobs.domain import library_files, paths
from jobs.models import Library, LibraryFile

NAMES_AT_ONCE = 500
MOST_PATTERNS = 200
"""Sequences and tiles that are searched for one by one."""


@dataclass(frozen=True)
class Wanted:
    path: str
    """Where it is looked for below /job, or the path of another computer as the scene names it."""
    kind: str = "image"

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @cached_property
    def many(self) -> tuple[str, re.Pattern[str]] | None:
        """What all its files' folded names begin with, and match whole; None where it means one file."""
        name = library_files.folded_name(self.path)
        if self.kind == "tiles":
            before, _, after = re.sub(r"<udim>|<uvtile>", "\0", name).partition("\0")
            return before, re.compile(re.escape(before) + r"\w+" + re.escape(after))
        if self.kind == "sequence":
            stem, dot, suffix = name.rpartition(".")
            before = stem.rstrip("0123456789")
            return before, re.compile(re.escape(before) + r"\d+" + re.escape(dot + suffix))
        return None


@dataclass(frozen=True)
class Found:
    """The files of one folder of one library that are meant; one of them, except for sequences and tiles."""

    library: Library
    files: tuple[LibraryFile, ...]
    strip: str
    """Folder taken off the front of their paths, so that they lie where they are looked for; may be empty."""

    @property
    def prefix(self) -> str:
        return commonprefix([file.path for file in self.files])  # noqa: RUF071  (S3's prefixes know no folders)


Candidates = Mapping[Wanted, Sequence[LibraryFile]]


def candidates(libraries: Iterable[Library], wanted: Iterable[Wanted]) -> Candidates:
    """Every file whose name fits, in any of the libraries; in the order of what is wanted."""
    wanted = list(wanted)
    held = LibraryFile.objects.filter(library__in=list(libraries))
    singles, patterns = defaultdict(list), []
    for want in wanted:
        if want.many is None:
            singles[library_files.folded_name(want.path)].append(want)
        else:
            patterns.append((want, want.many))
    found: dict[Wanted, list[LibraryFile]] = defaultdict(list)
    names = sorted(singles)
    for first in range(0, len(names), NAMES_AT_ONCE):
        for file in held.filter(folded_name__in=names[first : first + NAMES_AT_ONCE]):
            for want in singles[file.folded_name]:
                found[want].append(file)
    for want, (before, whole) in patterns[:MOST_PATTERNS]:
        fitting = held.filter(folded_name__startswith=before)
        found[want].extend(file for file in fitting if whole.fullmatch(file.folded_name))
    return {want: found[want] for want in wanted if found.get(want)}


def best(want: Wanted, files: Sequence[LibraryFile], libraries: Sequence[Library]) -> Found:
    """Of the files that fit by name: the longest end of the path in common, then the later library."""
    position = {library.pk: place for place, library in enumerate(libraries)}

    def rank(file: LibraryFile) -> tuple[int, int, int]:
        return _common_end(want.path, file.path), position[file.library_id], -file.path.count("/")

    top = max(files, key=rank)
    folder = _folder(top.path)
    together = (
        (top,)
        if want.many is None
        else tuple(file for file in files if file.library_id == top.library_id and _folder(file.path) == folder)
    )
    return Found(libraries[position[top.library_id]], together, _strip(_folder(want.path), folder))


def _common_end(wanted: str, path: str) -> int:
    """Folders from the end on in which the two agree; their names are taken to fit."""
    mine, theirs = (paths.folded(each).split("/")[-2::-1] for each in (wanted, path))
    count = 0
    for one, other in zip(mine, theirs, strict=False):
        if one != other:
            break
        count += 1
    return count


def _folder(path: str) -> str:
    """With the slash at its end; empty at the top."""
    return path[: path.rfind("/") + 1]


def _strip(wanted: str, folder: str) -> str:
    """What has to be taken off `folder` to make it `wanted`; nothing where that can't be."""
    if folder.endswith(wanted) and (len(folder) == len(wanted) or not wanted or folder[-len(wanted) - 1] == "/"):
        return folder[: len(folder) - len(wanted)]
    return ""
