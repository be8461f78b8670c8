"""Snapshots: what running instances have so far, put into a bucket while they go on.

An order of one makes a part for each running instance. The instance's node takes its part up at its next heartbeat,
uploads what is new since the last one, and ends the part. Parts that a node can't end any more are ended for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from farm import lifecycle, patterns
from farm.json_keys import canonical
from farm.models import Attempt, Instance, InstanceState, Snapshot, SnapshotPart, Task
from farm.node.environment import TooLong, expanded
from farm.storage import backing
from farm.storage.names import BadBucketName, BadKey, check_bucket_name, check_key
from farm.submission import Refused

LONGEST_INTERVAL = 365 * 24 * 3600
LONGEST_TEXT = 2047
"""Characters of a list or a prefix."""
KEPT = 100
"""Snapshots of a task that are remembered; the oldest are forgotten. No more can be under way at once."""
LEFT_AFTER = timedelta(minutes=2)
"""A part that nobody moved for so long, of an instance that has ended, is ended for its node."""

Status = Snapshot.Status
UNFINISHED = (Status.TRIGGERED, Status.IN_PROGRESS)


@dataclass(frozen=True)
class Wish:
    """What to take, and where it goes. Regular expressions; empty lists take all."""

    whitelist: str
    blacklist: str
    bucket: str
    bucket_prefix: str


def take_now(task: Task, body: Any) -> Snapshot:
    """Asks the nodes for what the instances have. Where none runs there is nothing, and that is a success.

    Raises Refused: 400 for nonsense, 403 for a task that has ended or has KEPT under way.
    """
    _refuse_ended(task)
    wish = _wish(task, body)
    if task.snapshots.filter(status__in=UNFINISHED).count() >= KEPT:
        raise Refused(403, f"{KEPT} snapshots of the task are still under way. Ask again when some have ended.")
    return _trigger(task, wish)


def take_every(task: Task, body: Any) -> None:
    """The same every `interval` seconds from now on; 0 stops it. Raises Refused: 400 nonsense, 403 after its end."""
    _refuse_ended(task)
    interval = canonical(body).get("interval") if isinstance(body, dict) else None
    if not isinstance(interval, int) or isinstance(interval, bool) or not 0 <= interval <= LONGEST_INTERVAL:
        raise Refused(400, "The interval is a whole number of seconds; 0 stops periodic snapshots.")
    wish = _wish(task, body)
    Task.objects.filter(pk=task.pk).update(
        snapshot_interval_seconds=interval,
        snapshot_config=vars(wish) if interval else {},
        next_snapshot_at=timezone.now() + timedelta(seconds=interval) if interval else None,
        modified_at=timezone.now(),
    )


def find(task: Task, uuid: str) -> Snapshot:
    """Raises Refused 404."""
    try:
        return task.snapshots.get(pk=UUID(uuid))
    except (ValueError, Snapshot.DoesNotExist) as missing:
        raise Refused(404, f"The task has no snapshot {uuid}.") from missing


def take_due() -> int:
    """The periodic ones whose time has come, one at a time for each task. Returns how many were begun."""
    now = timezone.now()
    due = Task.objects.filter(next_snapshot_at__lte=now)
    due.exclude(state__in=lifecycle.LIVE_STATES).update(next_snapshot_at=None)
    count = 0
    for task in due.filter(state__in=lifecycle.LIVE_STATES):
        following = now + timedelta(seconds=task.snapshot_interval_seconds)
        won = Task.objects.filter(pk=task.pk, next_snapshot_at=task.next_snapshot_at).update(next_snapshot_at=following)
        if won and _running(task).exists() and not task.snapshots.filter(status__in=UNFINISHED).exists():
            _trigger(task, Wish(**task.snapshot_config))
            count += 1
    return count


def take_up(attempt: Attempt) -> list[SnapshotPart]:
    """The parts that wait for this attempt's node, now its own to end."""
    waiting = SnapshotPart.objects.filter(instance=attempt.instance_id, status=Status.TRIGGERED)
    taken = []
    for part in waiting.select_related("snapshot").order_by("snapshot__triggered_at"):
        if SnapshotPart.objects.filter(pk=part.pk, status=Status.TRIGGERED).update(status=Status.IN_PROGRESS):
            Snapshot.objects.filter(pk=part.snapshot_id, status=Status.TRIGGERED).update(status=Status.IN_PROGRESS)
            taken.append(part)
    return taken


def announce(part: SnapshotPart, size: int) -> None:
    """So many bytes more are to be uploaded."""
    _note(part, size_to_upload=F("size_to_upload") + size)


def transferred(part: SnapshotPart, size: int) -> None:
    """So many bytes more are in the bucket."""
    _note(part, transferred_size=F("transferred_size") + size)


def end(part: SnapshotPart, status: Snapshot.Status, *, has_results: bool = False) -> None:
    """Ends a part once; with the last one the snapshot ends."""
    with transaction.atomic():
        if not SnapshotPart.objects.filter(pk=part.pk, status__in=UNFINISHED).update(status=status):
            return
        if has_results:
            tasks = Task.objects.filter(snapshots=part.snapshot_id)
            tasks.update(results_count=F("results_count") + 1)
    _conclude([part.snapshot_id])


def instance_ended(instance_id: int, *, is_success: bool) -> None:
    """Parts that were not taken up in time: of a success its results are there; what a lost node had is not."""
    open_parts = SnapshotPart.objects.filter(instance=instance_id, status__in=UNFINISHED)
    snapshots = list(open_parts.values_list("snapshot", flat=True))
    if not snapshots:
        return
    if is_success:
        open_parts.filter(status=Status.TRIGGERED).update(status=Status.SUCCESS)
    else:
        open_parts.update(status=Status.FAILURE)
    _conclude(snapshots)


def end_left() -> int:
    """Parts in hand of an instance that ended long ago, whose node is gone; and ends that nobody told their snapshot.

    Returns how many parts.
    """
    old = Snapshot.objects.filter(status__in=UNFINISHED, updated_at__lt=timezone.now() - LEFT_AFTER)
    snapshots = list(old.values_list("pk", flat=True))
    left = SnapshotPart.objects.filter(
        ~Q(instance__state=InstanceState.RUNNING), snapshot__in=snapshots, status__in=UNFINISHED
    )
    parts = list(left.values_list("pk", flat=True))
    count = SnapshotPart.objects.filter(pk__in=parts, status__in=UNFINISHED).update(status=Status.FAILURE)
    _conclude(snapshots)
    return count


def _refuse_ended(task: Task) -> None:
    if task.state not in lifecycle.LIVE_STATES:
        raise Refused(403, f"Can't take a snapshot of the task: it is {task.state}.")


def _wish(task: Task, body: Any) -> Wish:
    """Nulls are the task's own."""
    asked = canonical(body) if isinstance(body, dict) else {}
    own_bucket = _text(task.order, "snapshotBucket", task.result_bucket)
    own_prefix = _text(task.order, "snapshotBucketPrefix", task.results_prefix)
    wish = Wish(
        _text(asked, "whitelist", task.snapshot_whitelist),
        _text(asked, "blacklist", task.snapshot_blacklist),
        _text(asked, "bucket", own_bucket),
        _text(asked, "bucketPrefix", own_prefix),
    )
    if not wish.bucket:
        raise Refused(400, "The task has no result bucket. Name a bucket for the snapshot.")
    try:
        check_bucket_name(wish.bucket)
        check_key(f"{wish.bucket_prefix}0001.png")
        for pattern in (wish.whitelist, wish.blacklist):
            patterns.compiled(expanded(pattern, {name: str(value) for name, value in task.constants.items()}))
    except (BadBucketName, BadKey) as fault:
        raise Refused(400, str(fault)) from fault
    except (patterns.BadPattern, TooLong) as fault:
        raise Refused(400, f"The white or black list {fault}.") from fault
    return wish


def _text(asked: dict[str, Any], name: str, default: str) -> str:
    value = asked.get(name)
    if value is None:
        return default
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise Refused(400, f"The {name} is a text, or null for the task's own.")
    return value


def _running(task: Task) -> QuerySet[Instance]:
    return task.instances.filter(state=InstanceState.RUNNING)


def _trigger(task: Task, wish: Wish) -> Snapshot:
    backing.create_bucket(task.account, wish.bucket)
    with transaction.atomic():
        old = task.snapshots.exclude(status__in=UNFINISHED).order_by("-triggered_at")[KEPT - 1 :]
        Snapshot.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
        snapshot = Snapshot.objects.create(task=task, **vars(wish))
        SnapshotPart.objects.bulk_create(
            SnapshotPart(snapshot=snapshot, instance=instance) for instance in _running(task)
        )
    _conclude([snapshot.pk])
    snapshot.refresh_from_db()
    return snapshot


def _conclude(snapshots: Sequence[UUID]) -> None:
    """Ends those that have no open part. Twice at once does no harm."""
    for pk in set(snapshots):
        parts = SnapshotPart.objects.filter(snapshot=pk)
        if parts.filter(status__in=UNFINISHED).exists():
            continue
        status = Status.FAILURE if parts.filter(status=Status.FAILURE).exists() else Status.SUCCESS
        Snapshot.objects.filter(pk=pk, status__in=UNFINISHED).update(status=status, updated_at=timezone.now())


def _note(part: SnapshotPart, **changes: Any) -> None:
    Snapshot.objects.filter(pk=part.snapshot_id).update(updated_at=timezone.now(), **changes)
