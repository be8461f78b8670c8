"""What came back: the objects of the result bucket that the farm names, and the files of tasks without pictures."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Count, Sum

from jobs.buckets import AccountBucket, StoredObject, bucket_of
from jobs.domain.reports import SUCCESS, InstanceReport, Report
from jobs.enums import Where
from jobs.models import Job, ResultFile

ASKED_ONE_BY_ONE = 20
"""Above so many objects, listing the bucket is quicker than asking for each."""
MOST_FILES = 20_000
"""Kept of a job; S3 tools see all of them."""
MOST_SHOWN = 500
ROWS_AT_ONCE = 500


def objects_of(bucket: AccountBucket, instances: Collection[InstanceReport]) -> list[StoredObject]:
    """What these gave back; the whole bucket where the farm does not name it. Asks the store."""
    if any(said.results is None for said in instances):
        return list(bucket.list())
    return list(_named(bucket, [key for said in instances for key in said.results or ()]))


def _named(bucket: AccountBucket, keys: Sequence[str]) -> list[StoredObject]:
    if len(keys) > ASKED_ONE_BY_ONE:
        wanted = set(keys)
        return [found for found in bucket.list() if found.key in wanted]
    sizes = {key: bucket.size_of(key) for key in keys}
    return [StoredObject(key, size, "") for key, size in sizes.items() if size is not None]


def arrived(job: Job, report: Report, changed: Collection[InstanceReport]) -> list[ResultFile]:
    """Unsaved rows of files that are not here yet or were written anew, of a task without pictures. Asks the store.

    `changed`: instances that say something else than before; one that ended may have replaced another one's file.
    Where the farm names no files, all that lies in the bucket is theirs once the task has ended.
    """
    if not job.result_bucket or job.makes_pictures:
        return []
    just_ended = [said for said in changed if said.phase == SUCCESS]
    by_key = {key: said.instance_id for said in [*report.succeeded, *just_ended] for key in said.results or ()}
    written = {key for said in just_ended for key in said.results or ()}
    known = set(job.result_files.values_list("key", flat=True))
    room = MOST_FILES - len(known)
    bucket = bucket_of(job.account, job.result_bucket, Where(job.farm))
    wanted = [*(known & written), *[key for key in by_key if key not in known][:room]]
    found = _named(bucket, wanted) if wanted else []
    if not by_key and report.has_ended:
        found = [one for one in bucket.list() if one.key not in known][:room]
    return [ResultFile(job=job, key=f.key, size_bytes=f.size, instance_id=by_key.get(f.key)) for f in found]


def land(rows: Sequence[ResultFile], revision: int) -> None:
    """Inside a `revisions.change`."""
    for row in rows:
        row.revision = revision
    ResultFile.objects.bulk_create(
        rows,
        batch_size=ROWS_AT_ONCE,
        update_conflicts=True,
        unique_fields=["job", "key"],
        update_fields=["size_bytes", "instance_id", "landed_at", "revision"],
    )


@dataclass(frozen=True)
class Shelf:
    """A task's files as its page lists them."""

    shown: list[ResultFile]
    count: int
    total_bytes: int


def shelf(job: Job) -> Shelf:
    totals = job.result_files.aggregate(count=Count("pk"), bytes=Sum("size_bytes"))
    return Shelf(list(job.result_files.all()[:MOST_SHOWN]), totals["count"], totals["bytes"] or 0)
