"""Libraries: made, offered for a scene, attached to a render, laid out for it as far as it needs them, deleted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.text import slugify

from jobs import farms
from jobs.domain import chosen_rows, library_files, library_needs, library_search, scenes
from jobs.domain.library_search import Wanted
from jobs.enums import ENDED, UploadState
from jobs.models import Job, JobLibrary, Library, LibraryFile, Scene
from jobs.problems.words import counted, listed

if TYPE_CHECKING:
    from accounts.models import Account

MOST_LIBRARIES = 200
"""Of an account."""
MOST_RESOURCES = 60
"""Of a render; Qarnot takes 100 buckets an order, and the scene and its add-ons need theirs."""
ABOUT_MISSING_FILES = {"missing_files", "missing_libraries", "outside_files"}


class LibraryRefused(ValueError):
    """Why this can't be done with the library, as a sentence for the page."""


@dataclass(frozen=True)
class LibraryOffer:
    library: Library
    holds: Sequence[str]
    """Names of the scene's missing files that it has."""
    missing_count: int
    is_chosen: bool

    @property
    def sentence(self) -> str:
        if not self.missing_count:
            return "the scene needs nothing from it"
        if not self.holds:
            return "holds none of the missing files"
        missing = counted(self.missing_count, "missing file", "missing files")
        if len(self.holds) == self.missing_count:
            return f"holds the {missing.removeprefix('1 ')}: {listed(self.holds)}"
        return f"holds {len(self.holds):,} of the {missing}: {listed(self.holds)}"


def create(account: "Account", name: str) -> Library:
    """Its bucket too; one of that name that S3 tools made before becomes the library's. Raises LibraryRefused."""
    name = scenes.clean_name(name) if name.strip() else ""
    if not name:
        raise LibraryRefused("Give the library a name.")
    if account.libraries.count() >= MOST_LIBRARIES:
        raise LibraryRefused(f"An account has at most {MOST_LIBRARIES} libraries. Delete one you don't need.")
    library = _row(account, name)
    library_files.bucket(library)
    library_files.look_soon(library)
    return library


def _row(account: "Account", name: str) -> Library:
    slug = (slugify(name)[:40].strip("-_") or "files").replace("_", "-")
    for number in range(1, MOST_LIBRARIES + 2):
        bucket = f"library-{slug}" if number == 1 else f"library-{slug}-{number}"
        try:
            with transaction.atomic():
                return Library.objects.create(account=account, name=name, bucket=bucket)
        except IntegrityError:
            continue
    raise LibraryRefused("There are too many libraries of this name. Choose another.")


def of(account: "Account") -> QuerySet[Library]:
    """With `file_count`, `size_bytes` and `render_count` on each."""
    files = LibraryFile.objects.filter(library=OuterRef("pk")).order_by().values("library")
    attached = JobLibrary.objects.filter(library=OuterRef("pk")).order_by().values("library")

    def number(subquery: QuerySet[Any]) -> Coalesce:
        return Coalesce(Subquery(subquery, output_field=IntegerField()), Value(0))

    return Library.objects.visible_to(account).annotate(
        file_count=number(files.annotate(count=Count("pk")).values("count")),
        size_bytes=number(files.annotate(sum=Sum("size_bytes")).values("sum")),
        render_count=number(attached.annotate(count=Count("pk")).values("count")),
    )


def delete(library: Library) -> None:
    """Its files too; the empty bucket stays the account's. Raises LibraryRefused while a render is using it."""
    using = Job.objects.filter(attached_libraries__library=library).exclude(state__in=ENDED).first()
    if using is not None:
        raise LibraryRefused(f"“{using.name}” is using it. Wait until that render has ended, or cancel it.")
    bucket = library_files.bucket(library)
    for upload in library.uploads.filter(state=UploadState.OPEN):
        bucket.abort_upload(upload.path, upload.s3_upload_id)
    bucket.delete_all()
    library.delete()


def chosen(account: "Account", ids: Sequence[object]) -> list[Library]:
    """The account's libraries of these ids, in their order. Raises LibraryRefused for one that is not there."""
    found = chosen_rows.chosen(Library.objects.visible_to(account), ids)
    if found is None:
        raise LibraryRefused("One of the libraries is gone. Load the page again and choose anew.")
    return found


def attach(job: Job, ids: Sequence[object]) -> None:
    """In their order: of two with the same file the later one counts. Raises LibraryRefused."""
    rows = [
        JobLibrary(job=job, library=library, position=position)
        for position, library in enumerate(chosen(job.account, ids), 1)
    ]
    JobLibrary.objects.bulk_create(rows)


def attached(job: Job) -> list[Library]:
    return [row.library for row in job.attached_libraries.select_related("library")]


def proposed(scene: Scene, ids: Sequence[object] | None = None) -> list[LibraryOffer]:
    """Every library of the account; those that hold missing files are chosen, or those of `ids` where they are given.

    The chosen ones come first, in the order in which they will be laid out.
    """
    libraries = list(Library.objects.visible_to(scene.account)[:MOST_LIBRARIES])
    missing = _missing(scene)
    held = _held(libraries, missing)
    picked = None if ids is None else [str(one) for one in ids]
    offers = [
        LibraryOffer(
            library,
            held.get(library.pk, []),
            len(missing),
            bool(held.get(library.pk)) if picked is None else str(library.pk) in picked,
        )
        for library in libraries
    ]
    place = {pk: number for number, pk in enumerate(picked or [])}
    return sorted(offers, key=lambda offer: (not offer.is_chosen, place.get(str(offer.library.pk), 0)))


def _missing(scene: Scene) -> list[Wanted]:
    """Each once, however often the scene names it."""
    links = scenes.facts(scene).missing_files
    return list(dict.fromkeys(Wanted(link.path, link.kind) for link in links))


def _held(libraries: Sequence[Library], missing: Sequence[Wanted]) -> dict[object, list[str]]:
    """Library's key → names of the missing files it has."""
    held: dict[object, list[str]] = {}
    if not libraries:
        return held
    for want, files in library_search.candidates(libraries, missing).items():
        for key in {file.library_id for file in files}:
            held.setdefault(key, []).append(want.name)
    return held


def with_holders(scene: Scene, problems: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The scene's problems; those of missing files say which libraries have them (`held`: name → library)."""
    if not any(problem["id"] in ABOUT_MISSING_FILES for problem in problems):
        return [dict(problem) for problem in problems]
    libraries = list(Library.objects.visible_to(scene.account)[:MOST_LIBRARIES])
    names = {library.pk: library.name for library in libraries}
    missing = _missing(scene)
    holders = (
        {
            want.path: names[library_search.best(want, files, libraries).library.pk]
            for want, files in library_search.candidates(libraries, missing).items()
        }
        if libraries
        else {}
    )
    return [
        {**problem, "held": {path: holders[path] for path in problem.get("files", []) if path in holders}}
        for problem in problems
    ]


def resources_of(job: Job) -> list[farms.Resource]:
    """Of the attached libraries what the render needs, and no more; laid out before the scene, which wins."""
    libraries = attached(job)
    if not libraries or job.scene is None:
        return []
    parts = library_needs.parts(libraries, _missing(job.scene), MOST_RESOURCES)
    return [farms.Resource(part.bucket, part.prefix, part.strip) for part in parts]
