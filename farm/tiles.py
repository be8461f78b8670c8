"""Pictures in tiles: which instances an ordered frame becomes, when its tiles are joined, and when they can't be.

Of a task whose pictures are n × n tiles, a frame's parts 0 … n²-1 render a tile each, row by row from the top left,
and part n² puts them together; the instance id is frame × (n² + 1) + part. The core knows no renderer: how many
tiles an order means is the profile's to say (Profile.plan_frames), and farm.node.tiles joins them.
"""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from farm.models import Instance, InstanceState, Task

FAILED = "TILES_FAILED"
_MOST_NAMED = 5


def instances_of(task: Task, frames: Sequence[int]) -> Iterator[Instance]:
    """Every instance of the task's frames, not yet stored."""
    if task.tile_side == 1:
        yield from (Instance(task=task, instance_id=frame, frame=frame) for frame in frames)
        return
    parts = parts_of_frame(task.tile_side)
    for frame in frames:
        for part in range(parts):
            yield Instance(task=task, instance_id=frame * parts + part, frame=frame, part=part)


def parts_of_frame(tile_side: int) -> int:
    """How many instances a frame is: its tiles and their joining."""
    return 1 if tile_side == 1 else tile_side**2 + 1


def is_tile(instance: Instance) -> bool:
    return instance.task.tile_side > 1 and not is_join(instance)


def is_join(instance: Instance) -> bool:
    return instance.task.tile_side > 1 and instance.part == instance.task.tile_side**2


def has_ready(waiting: QuerySet[Instance]) -> Q:
    """Of tasks: something of `waiting`, their waiting instances, can begin. One not in tiles is not asked for more."""
    return Q(Exists(waiting), tile_side=1) | Q(Exists(waiting.filter(_ready())), tile_side__gt=1)


def ready_of(task: Task, waiting: QuerySet[Instance]) -> QuerySet[Instance]:
    """Without joins whose tiles are still to come."""
    return waiting.filter(_ready()) if task.tile_side > 1 else waiting


def _ready() -> Q:
    unfinished = _tiles_beside().exclude(state=InstanceState.SUCCESS)
    return ~(_IS_JOIN & Q(Exists(unfinished)))


def fail_hopeless_joins(task_uuid: UUID) -> None:
    """A join one of whose tiles has failed for good fails as well: it would wait for ever."""
    for join in hopeless_joins().filter(task=task_uuid).values("pk", "task_id", "frame", "part"):
        failed = Instance.objects.filter(
            task=join["task_id"], frame=join["frame"], part__lt=join["part"], state=InstanceState.FAILURE
        )
        errors = list(failed.order_by("part").values_list("part", "error"))
        Instance.objects.filter(pk=join["pk"], state=InstanceState.WAITING).update(
            state=InstanceState.FAILURE,
            ended_at=timezone.now(),
            error={"code": FAILED, "message": _sentence(join["frame"], errors), "debug": ""},
        )


def hopeless_joins() -> QuerySet[Instance]:
    failed = _tiles_beside().filter(state=InstanceState.FAILURE)
    return Instance.objects.filter(_IS_JOIN, Exists(failed), state=InstanceState.WAITING)


_IS_JOIN = Q(task__tile_side__gt=1, part=F("task__tile_side") * F("task__tile_side"))


def _tiles_beside() -> QuerySet[Instance]:
    """Of the join outside: the tiles of its frame, found by the index of instance ids."""
    first = OuterRef("instance_id") - OuterRef("part")
    return Instance.objects.filter(
        task=OuterRef("task"), instance_id__gte=first, instance_id__lt=OuterRef("instance_id")
    )


def _sentence(frame: int, errors: Sequence[tuple[int, dict[str, str] | None]]) -> str:
    """`errors`: (tile, its error) of each that failed."""
    numbers = ", ".join(str(part + 1) for part, _ in errors[:_MOST_NAMED])
    more = f" and {len(errors) - _MOST_NAMED} more" if len(errors) > _MOST_NAMED else ""
    tiles = f"tile {numbers}" if len(errors) == 1 else f"tiles {numbers}{more}"
    reason = next((error["message"] for _, error in errors if error), "It failed.")
    return f"The picture of frame {frame} can't be put together, because its {tiles} could not be rendered: {reason}"
