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

from accounts.models import Account
from farm import (
    availability,
    dependencies,
    hardware,
    licences,
    lifecycle,
    prices,
    quotas,
    ranges,
    secret_constants,
    spending,
    task_file,
    tiles,
    wakes,
)
from farm.engines import profiles
from farm.engines.profile import FramePlan, OrderRefused, Profile
from farm.licences import Choice
from farm.models import Bucket, Instance, Job, JobState, Tag, Task
from farm.storage import backing
from farm.task_file import InvalidFile, TaskFile

_KEPT_AS_READ = (
    "name",
    "instance_count",
    "advanced_ranges",
    "labels",
    "resource_buckets",
    "result_bucket",
    "results_prefix",
    "results_whitelist",
    "results_blacklist",
    "snapshot_whitelist",
    "snapshot_blacklist",
    "upload_results_on_cancellation",
    "hardware_constraints",
    "secrets_access",
    "gives_credentials",
    "priority",
    "max_queue_seconds",
    "max_attempts",
    "max_total_retries",
    "cap_seconds",
    "auto_delete",
    "time_to_live_seconds",
)
"""Fields of an order that its task has under the same name."""
REPEATED_WITHIN = timedelta(minutes=2)


class Refused(Exception):
    """The order is not taken. `status` is HTTP's, the message a person's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def invalid(field: str, sentence: str) -> Refused:
    """A fault that only what is stored shows, in the words of farm.json_fields."""
    return Refused(400, str(InvalidFile("task", {field: sentence})))


def create_task(account: Account, body: Any, *, digest: str = "") -> Task:
    """Stores the order and wakes the slots. Raises Refused: 400 faults, 402 hours, 403 quota, 404 resource bucket."""
    order = _read(body)
    profile = availability.find(order.profile)
    if profile is None:
        known = ", ".join(profiles.all_profiles())
        raise invalid("profile", f"No profile “{order.profile}”; there is {known}.")
    plan = _plan(order, profile)
    choice = _licence(account, order, profile)
    with transaction.atomic():
        # One order of an account at a time: the checks below stay true until it is stored.
        Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        repeated = _repeated(account, digest)
        if repeated:
            return repeated
        _check_account(account, order)
        task = _store(account, order, profile.name, plan, digest, choice)
        wakes.wake()
    for wish in order.wishes:
        lifecycle.settle_dependents(wish.on_uuid)
    return task


def change_task(task: Task, body: Any) -> None:
    """Takes new constants and tags; the rest of the body is what the client knew, and is passed over."""
    try:
        constants, tags = task_file.read_change(body)
    except InvalidFile as fault:
        raise Refused(400, str(fault)) from fault
    with transaction.atomic():
        before = Task.objects.select_for_update().filter(pk=task.pk).first()
        if before is None:
            raise Refused(404, f"No such task: {task.pk}")
        changes: dict[str, Any] = {"modified_at": timezone.now()}
        if constants is not None:
            changes["constants"] = secret_constants.kept(task.account_id, task.profile, constants, before.constants)
        if tags is not None:
            task.tags.all().delete()
            Tag.objects.bulk_create(Tag(task=task, text=text) for text in tags)
        Task.objects.filter(pk=task.pk).update(**changes)


def delete_task(task: Task) -> None:
    """Removes the task; one that runs is aborted first, and is gone when its last attempt was dropped."""
    lifecycle.delete(task)


def _read(body: Any) -> TaskFile:
    try:
        return task_file.read(body)
    except InvalidFile as fault:
        raise Refused(400, str(fault)) from fault


def _plan(order: TaskFile, profile: Profile) -> FramePlan:
    """What the ordered frames become. Raises Refused."""
    try:
        plan = profile.plan_frames(order.constants, order.instance_ids)
    except OrderRefused as fault:
        raise invalid("constants", str(fault)) from fault
    parts = tiles.parts_of_frame(plan.tile_side)
    count = len(plan.frames) * parts
    if (max(plan.frames, default=0) + 1) * parts - 1 > ranges.LARGEST:
        raise invalid("advancedRanges", f"In tiles, {ranges.LARGEST // parts - 1:,} is the largest frame.")
    if count > quotas.MAX_INSTANCES:
        sentence = f"Its {len(plan.frames):,} frames in tiles are {count:,} instances."
        raise invalid("range-length", f"{sentence} A task has at most {quotas.MAX_INSTANCES:,}.")
    if plan.tile_side > 1 and not order.result_bucket:
        raise invalid("resultBucket", "A picture in tiles needs a resultBucket, where its tiles are kept meanwhile.")
    return plan


def _licence(account: Account, order: TaskFile, profile: Profile) -> Choice:
    """Raises Refused."""
    try:
        return licences.choose(account, profile.name, order.licence)
    except licences.NotToBeHad as fault:
        raise invalid("licence", str(fault)) from fault


def _repeated(account: Account, digest: str) -> Task | None:
    if not digest:
        return None
    since = timezone.now() - REPEATED_WITHIN
    same = Task.objects.filter(account=account, order_digest=digest, first_read_at=None, created_at__gt=since)
    return same.first()


def _check_account(account: Account, order: TaskFile) -> None:
    if order.shortname and Task.objects.filter(account=account, shortname=order.shortname).exists():
        raise invalid("shortname-uniqueness", f"You already have a task with the shortname “{order.shortname}”.")
    _check_job(account, order)
    missing = dependencies.missing(account, order.wishes)
    if missing:
        raise invalid("dependencies", f"You have no task {missing[0]} to wait for.")
    short_of_hours = spending.refusal(account)
    if short_of_hours:
        raise Refused(402, short_of_hours)
    unmet = hardware.unmet(account, order.hardware_constraints)
    if unmet:
        raise Refused(402, unmet)
    too_many = quotas.refusal(account)
    if too_many:
        raise Refused(403, too_many)
    _check_buckets(account, order)


def _check_job(account: Account, order: TaskFile) -> None:
    """The job stays as it is until the order is stored: who terminates it waits, and then finds the task."""
    if order.job is None:
        return
    job = Job.objects.select_for_update().filter(account=account, pk=order.job).first()
    if job is None:
        raise invalid("jobUuid", f"You have no job {order.job}.")
    if job.state != JobState.ACTIVE:
        raise invalid("jobUuid", f"The job “{job.name}” is {job.state} and takes no more tasks.")
    if order.wishes and not job.use_dependencies:
        raise invalid(
            "dependencies", f"The tasks of the job “{job.name}” can't wait for others: useDependencies is off."
        )


def _check_buckets(account: Account, order: TaskFile) -> None:
    names = [bucket["bucketName"] for bucket in order.resource_buckets]
    there = set(Bucket.objects.filter(account=account, name__in=names).values_list("name", flat=True))
    for name in names:
        if name not in there:
            raise Refused(404, f"No such bucket: {name}")


def _store(account: Account, order: TaskFile, profile: str, plan: FramePlan, digest: str, choice: Choice) -> Task:
    if order.result_bucket:
        backing.create_bucket(account, order.result_bucket)
    task_uuid = uuid.uuid4()
    task = Task.objects.create(
        uuid=task_uuid,
        account=account,
        shortname=order.shortname or str(task_uuid),
        profile=profile,
        ordered_profile="" if order.profile == profile else order.profile,
        constants=secret_constants.kept(account.pk, profile, order.constants, {}),
        tile_side=plan.tile_side,
        job_id=order.job,
        rate=prices.rate_of(profile, choice),
        total_instance_count=len(plan.frames) * tiles.parts_of_frame(plan.tile_side),
        licence=choice.licence,
        brings_licence=choice.is_own,
        needs_relay=choice.needs_relay,
        order=order.echoed,
        order_digest=digest,
        **{name: getattr(order, name) for name in _KEPT_AS_READ},
    )
    Tag.objects.bulk_create(Tag(task=task, text=text) for text in order.tags)
    dependencies.attach(task, order.wishes)
    Instance.objects.bulk_create(tiles.instances_of(task, plan.frames), batch_size=1000)
    spending.hold(task)
    return task
