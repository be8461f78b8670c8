"""The number of a job's changes: whatever an open page must see is written under a new revision.

The job's row is updated first, so that writers wait for each other there and commit in the order of their numbers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import transaction
from django.db.models import F

from jobs import live
from jobs.models import Job


@contextmanager
def change(job_id: UUID) -> Iterator[int]:
    """One short transaction; yields the revision to stamp on rows. Open pages hear of it after the commit.

    Nothing is asked of a network inside. Raises Job.DoesNotExist when the job was deleted meanwhile.
    """
    with transaction.atomic():
        if not Job.objects.filter(pk=job_id).update(revision=F("revision") + 1):
            raise Job.DoesNotExist(str(job_id))
        revision = Job.objects.values_list("revision", flat=True).get(pk=job_id)
        yield revision
        live.ring(job_id, revision)
