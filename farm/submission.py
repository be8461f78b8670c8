"""Takes orders: a task and its instances in one transaction, then the slots are woken.

**A repeated POST.** The Python SDK sends a POST again after a 5xx, up to six times within 31 s, without saying so.
The farm itself answers 5xx only before the order is stored; a proxy between may answer so after. A shortname can't be
taken twice, so an order with one is safe. For one without, the API passes the `digest` of (token, body): the SDK reads
a new task at once after its POST was answered, so an equal order within REPEATED_WITHIN whose task nobody has read
yet is a repetition, and is answered with that task. Two equal orders that are meant have two tasks.
"""

import uuid
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import ledger
from accounts.models import Account
from farm import lifecycle, quotas, ranges, scheduler, task_file
from farm.engines import profiles
from farm.models import Bucket, Instance, InstanceState, Tag, Task
from farm.storage import backing
from farm.task_file import InvalidTaskFile, TaskFile

REPEATED_WITHIN = timedelta(minutes=2)
SECRET_PREFIX = "QARNOT_SECRET__"  # noqa: S105  (a name, no secret)
SECRET_ECHO = "[SECRET]"  # noqa: S105

FAILED = frozenset({InstanceState.FAILURE})
CANCELLED = frozenset({InstanceState.CANCELLED})


class Refused(Exception):
    """The order is not taken. `status` is HTTP's, the message a person's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def create_task(account: Account, body: Any, *, digest: str = "") -> Task:
    """Stores the order and wakes the slots. Raises Refused: 400 faults, 402 hours, 403 quota, 404 resource bucket."""
    order = _read(body)
    profile = profiles.find(order.profile)
    if profile is None:
        known = ", ".join(profiles.all_profiles())
        raise Refused(
            400, f"Invalid task file. Invalid fields: profile. No profile “{order.profile}”; there is {known}."
        )
    with transaction.atomic():
        # One order of an account at a time: the checks below stay true until it is stored.
        Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        repeated = _repeated(account, digest)
        if repeated:
            return repeated
        _check_account(account, order)
        task = _store(account, order, profile.name, digest)
        scheduler.wake()
    return task


def change_task(task: Task, body: Any) -> None:
    """Takes new constants and tags; the rest of the body is what the client knew, and is passed over."""
    try:
        constants, tags = task_file.read_change(body)
    except InvalidTaskFile as fault:
        raise Refused(400, str(fault)) from fault
    with transaction.atomic():
        Task.objects.select_for_update().get(pk=task.pk)
        changes: dict[str, Any] = {"modified_at": timezone.now()}
        if constants is not None:
            changes["constants"] = _with_kept_secrets(constants, task.constants)
        if tags is not None:
            task.tags.all().delete()
            Tag.objects.bulk_create(Tag(task=task, text=text) for text in tags)
        Task.objects.filter(pk=task.pk).update(**changes)


def copy_task(task: Task, body: Any, states: frozenset[InstanceState] | None, *, digest: str = "") -> Task:
    """A new task from an ended one's order, with `body` over it: its instances in `states`, or all for None."""
    overrides = body if isinstance(body, dict) else {}
    if states is None:
        given = {key.lower() for key in overrides}
        which = {} if given & {"instancecount", "advancedranges"} else _all_instances(task)
    elif task.state in lifecycle.LIVE_STATES | lifecycle.WITHDRAWN_STATES:
        raise Refused(400, f"The task is {task.state}. Wait until it has ended.")
    else:
        which = _instances_in(task, states)
    kept = {key: value for key, value in overrides.items() if key.lower() not in {name.lower() for name in which}}
    return create_task(task.account, {**_order_of(task), **kept, **which}, digest=digest)


def delete_task(task: Task) -> None:
    """Removes the task; one that runs is aborted first, and is gone when its last attempt was dropped."""
    lifecycle.delete(task)


def _read(body: Any) -> TaskFile:
    try:
        return task_file.read(body)
    except InvalidTaskFile as fault:
        raise Refused(400, str(fault)) from fault


def _repeated(account: Account, digest: str) -> Task | None:
    if not digest:
        return None
    since = timezone.now() - REPEATED_WITHIN
    same = Task.objects.filter(account=account, order_digest=digest, first_read_at=None, created_at__gt=since)
    return same.first()


def _check_account(account: Account, order: TaskFile) -> None:
    if order.shortname and Task.objects.filter(account=account, shortname=order.shortname).exists():
        raise Refused(
            400,
            "Invalid task file. Invalid fields: shortname-uniqueness. "
            f"You already have a task with the shortname “{order.shortname}”.",
        )
    if ledger.balance_seconds(account) <= 0:
        raise Refused(402, "Not enough credits: no render hours are left on this account.")
    too_many = quotas.refusal(account)
    if too_many:
        raise Refused(403, too_many)
    names = [bucket["bucketName"] for bucket in order.resource_buckets]
    there = set(Bucket.objects.filter(account=account, name__in=names).values_list("name", flat=True))
    for name in names:
        if name not in there:
            raise Refused(404, f"No such bucket: {name}")


def _store(account: Account, order: TaskFile, profile: str, digest: str) -> Task:
    if order.result_bucket:
        backing.create_bucket(account, order.result_bucket)
    task_uuid = uuid.uuid4()
    task = Task.objects.create(
        uuid=task_uuid,
        account=account,
        name=order.name,
        shortname=order.shortname or str(task_uuid),
        profile=profile,
        instance_count=order.instance_count,
        advanced_ranges=order.advanced_ranges,
        total_instance_count=len(order.instance_ids),
        constants=order.constants,
        resource_buckets=order.resource_buckets,
        result_bucket=order.result_bucket,
        results_whitelist=order.results_whitelist,
        results_blacklist=order.results_blacklist,
        upload_results_on_cancellation=order.upload_results_on_cancellation,
        max_attempts=order.max_attempts,
        labels=order.labels,
        order=order.echoed,
        order_digest=digest,
    )
    Tag.objects.bulk_create(Tag(task=task, text=text) for text in order.tags)
    Instance.objects.bulk_create(
        (Instance(task=task, instance_id=number, frame=number) for number in order.instance_ids), batch_size=1000
    )
    return task


def _with_kept_secrets(constants: dict[str, str], before: dict[str, str]) -> dict[str, str]:
    """A client that sends back what it was told sends the echo of a secret, which is then left as it was."""
    return {
        name: before[name] if value == SECRET_ECHO and name.startswith(SECRET_PREFIX) and name in before else value
        for name, value in constants.items()
    }


def _order_of(task: Task) -> dict[str, Any]:
    """The JSON that orders the same again, without its instances and its shortname."""
    return {
        "name": task.name,
        "profile": task.profile,
        "constants": [{"key": name, "value": value} for name, value in task.constants.items()],
        "advancedResourceBuckets": task.resource_buckets,
        "resultBucket": task.result_bucket or None,
        "resultsWhitelist": task.results_whitelist,
        "resultsBlacklist": task.results_blacklist,
        "uploadResultsOnCancellation": task.upload_results_on_cancellation,
        "tags": [tag.text for tag in task.tags.all()],
        "labels": task.labels,
        **task.order,
    }


def _all_instances(task: Task) -> dict[str, Any]:
    if task.advanced_ranges:
        return {"advancedRanges": task.advanced_ranges, "instanceCount": None}
    return {"instanceCount": task.instance_count, "advancedRanges": None}


def _instances_in(task: Task, states: frozenset[InstanceState]) -> dict[str, Any]:
    ids = task.instances.filter(state__in=states).values_list("instance_id", flat=True)
    text = ranges.write(ids)
    if not text:
        raise Refused(400, f"No instance of the task is {' or '.join(sorted(states))}: there is nothing to do again.")
    return {"advancedRanges": text, "instanceCount": None}
