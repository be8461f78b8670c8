"""What of its libraries a render needs: the missing files, and what linked .blends among them need themselves."""

import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from jobs.domain import library_files, library_search
from jobs.domain.library_search import Found, Wanted
from jobs.models import Library, LibraryFile

MOST_WANTED = 20_000
"""Files and links followed for one render."""
DEEPEST = 50
"""Links of links that are followed."""


class Part(NamedTuple):
    """Objects of a library's bucket that begin with `prefix`, laid out without `strip`."""

    bucket: str
    prefix: str
    strip: str


def parts(libraries: Sequence[Library], missing: Iterable[Wanted], most: int) -> list[Part]:
    """At most `most` of them; where single files would be more, folders that hold them. Later libraries last."""
    needed = merged(set(_needed(libraries, missing)), most)
    position = {library.bucket: place for place, library in enumerate(libraries)}
    return sorted(needed, key=lambda part: (position[part.bucket], part.prefix))


def _needed(libraries: Sequence[Library], missing: Iterable[Wanted]) -> Iterator[Part]:
    """Wave by wave: what is found may link more."""
    wave = set(missing)
    seen = set(wave)
    for _ in range(DEEPEST):
        if not wave or len(seen) > MOST_WANTED:
            return
        fitting = library_search.candidates(libraries, wave)
        wave = set()
        for want, files in fitting.items():
            found = library_search.best(want, files, libraries)
            yield Part(found.library.bucket, found.prefix, found.strip)
            for file in found.files:
                if library_files.is_blend(file.path) and file.links is None:
                    yield _its_folder(found, file)
                wave |= set(_links(found, file)) - seen
        seen |= wave


def _links(found: Found, file: LibraryFile) -> Iterator[Wanted]:
    """What a .blend of the library looks for, from where it will lie below /job."""
    for link in file.links or []:
        path = str(link["path"])
        yield Wanted(path if link["is_outside"] else path.removeprefix(found.strip), str(link["kind"]))


def _its_folder(found: Found, file: LibraryFile) -> Part:
    """Nobody knows yet what this .blend needs: everything beside and below it."""
    folder = posixpath.dirname(file.path)
    return Part(found.library.bucket, f"{folder}/" if folder else "", found.strip)


def merged(needed: set[Part], most: int) -> set[Part]:
    """Folders take the place of what is in them until there are few enough.

    The deepest that hold several go first, the fullest of those: a folder of assets is never taken whole while folders
    inside it would do.
    """
    needed = _without_covered(needed)
    while len(needed) > most:
        counts = Counter(_above(part) for part in needed if part.prefix)
        if not counts:
            break  # whole libraries already
        if max(counts.values()) > 1:
            needed |= set(_deepest_folders(counts, len(needed) - most))
        else:  # nothing lies together: all at the deepest level go up by one
            depth = max(part.prefix.rstrip("/").count("/") for part in needed)
            needed = {_above(part) if part.prefix.rstrip("/").count("/") == depth else part for part in needed}
        needed = _without_covered(needed)
    return needed


def _deepest_folders(counts: Counter[Part], too_many: int) -> Iterator[Part]:
    """Of the deepest folders that hold several parts as many as it takes, the fullest first."""
    several = [folder for folder in counts if counts[folder] > 1]
    deepest = max(folder.prefix.count("/") for folder in several)
    level = [folder for folder in several if folder.prefix.count("/") == deepest]
    for folder in sorted(level, key=lambda one: (-counts[one], one)):
        if too_many <= 0:
            return
        yield folder
        too_many -= counts[folder] - 1


def _above(part: Part) -> Part:
    return part._replace(prefix=part.prefix[: part.prefix.rstrip("/").rfind("/") + 1])


def _without_covered(needed: set[Part]) -> set[Part]:
    """Without those that a folder among them holds."""
    folders = {part for part in needed if part.prefix.endswith("/") or not part.prefix}
    kept = set()
    for part in needed:
        above = part
        while above.prefix and (above := _above(above)) not in folders:
            pass
        if above == part or above not in folders:
            kept.add(part)
    return kept
