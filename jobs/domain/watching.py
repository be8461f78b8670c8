"""Open pages: that someone looks at a job now, and whether they still may."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from accounts.models import Account
from jobs.enums import Where
from jobs.models import Job


def watch(job_id: UUID) -> None:
    """A page has it open: the farm is asked more often, and soon."""
    now = timezone.now()
    Job.objects.filter(pk=job_id).update(watched_at=now)
    soon = Job.objects.filter(pk=job_id, next_poll_at__gt=now, next_poll_at__lt=now + timedelta(seconds=3))
    soon = soon.filter(farm=Where.STUDIO)  # Qarnot counts the questions
    soon.exclude(farm_task_uuid="").update(next_poll_at=now)


def may_see(account_id: int, job_id: UUID) -> bool:
    account = Account.objects.filter(pk=account_id, is_active=True).first()
    return account is not None and Job.objects.visible_to(account).filter(pk=job_id).exists()
