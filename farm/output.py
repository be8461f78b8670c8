"""What instances print: stored once, in one order for the whole task, and read back from any place.

Positions are characters. The task's text has ` <instance>> ` before every line; an instance's has not.
Of each stream a task keeps the newest LONGEST_STREAM characters. What was rotated away keeps its places: a reading
from there begins at the oldest line that is left, and says where that is.
"""

from typing import Literal

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Length

from accounts.models import ApiToken
from farm.models import Attempt, Instance, InstanceState, OutputChunk, ReadPosition, Task

Stream = Literal["stdout", "stderr"]

LONGEST_LINE = 4096
"""Characters of a line that are kept."""
LONGEST_ATTEMPT = 20_000_000
"""Characters of an attempt that are kept, on both streams together."""
LONGEST_STREAM = 64_000_000
"""Characters of a stream of a task that are kept, prefixes included."""
ROTATED_AT_ONCE = 1_000_000
"""Characters by which it is shortened when it is longer."""
LONGEST_ANSWER = 4_000_000
"""Characters after which a reading stops at the end of a chunk; the rest is there for the next reading."""
WHOLE_TASK = -1
"""The instance id of a read position that is the task's."""

_LINE_CUT = " … line cut"
_LINES_CUT = "… lines cut: this attempt printed more than 20 MB\n"


def append(attempt: Attempt, stream: Stream, first_sequence: int, text: str) -> bool:
    """Stores whole lines of a running attempt; False if they are there already or it isn't the newest one running.

    `first_sequence` names the chunk within (attempt, stream). The place in the task's text is given out under the
    lock of the task's row, so a reader never sees a later chunk before an earlier one.
    """
    if not _is_running(attempt):
        return False
    text = _cleaned(text)
    with transaction.atomic():
        # The attempt before the task, as the reports of an attempt's end do: the other order could deadlock.
        held = Attempt.objects.select_for_update().filter(pk=attempt.pk).first()
        if held is None or not _is_running(held) or _is_stored(held, stream, first_sequence):
            return False
        instance = Instance.objects.get(pk=held.instance_id)
        task = Task.objects.select_for_update().get(pk=instance.task_id)
        text = _within_attempt(held.output_length, text)
        if text:
            _store(task, held, instance.instance_id, stream, first_sequence, text)
    return True


def task_text(task: Task, stream: Stream, since: int = 0) -> tuple[int, str]:
    """Where the text begins, and the task's text from `since` on, or from the oldest line that is left."""
    return _read(task.output.filter(stream=stream), "task_offset", since)


def instance_text(task: Task, stream: Stream, instance_id: int, since: int = 0) -> tuple[int, str]:
    """Where the text begins, and one instance's text, of all its attempts, from `since` on."""
    return _read(task.output.filter(stream=stream, instance_id=instance_id), "instance_offset", since)


def newest_task_text(task: Task, stream: Stream) -> tuple[int, str]:
    """As task_text, of as much of the end as one answer holds."""
    start, text = task_text(task, stream, max(0, _length(task, stream) - LONGEST_ANSWER))
    return _from_next_line(start, text) if start > kept_from(task, stream) else (start, text)


def kept_from(task: Task, stream: Stream) -> int:
    """Where the oldest line of the task's text is that is left."""
    return int(task.stdout_start if stream == "stdout" else task.stderr_start)


def fresh_text(token: ApiToken, task: Task, stream: Stream, instance_id: int = WHOLE_TASK) -> str:
    """What this token has not read yet; the next call goes on after it. Two calls at once share it out."""
    with transaction.atomic():
        place, _ = ReadPosition.objects.get_or_create(token=token, task=task, stream=stream, instance_id=instance_id)
        place = ReadPosition.objects.select_for_update().get(pk=place.pk)
        if instance_id == WHOLE_TASK:
            start, text = task_text(task, stream, place.position)
        else:
            start, text = instance_text(task, stream, instance_id, place.position)
        if text:
            ReadPosition.objects.filter(pk=place.pk).update(position=start + len(text))
    return text


def _cleaned(text: str) -> str:
    """Whole lines that any database and any UTF-8 reader takes, each at most LONGEST_LINE long."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "�")
    text = text.encode("utf-8", "replace").decode("utf-8")
    lines = text.removesuffix("\n").split("\n")
    return "".join((line if len(line) <= LONGEST_LINE else line[:LONGEST_LINE] + _LINE_CUT) + "\n" for line in lines)


def _is_running(attempt: Attempt) -> bool:
    return Instance.objects.filter(
        pk=attempt.instance_id, state=InstanceState.RUNNING, attempt_count=attempt.number
    ).exists()


def _is_stored(attempt: Attempt, stream: Stream, first_sequence: int) -> bool:
    return attempt.output.filter(stream=stream, first_sequence=first_sequence).exists()


def _within_attempt(length: int, text: str) -> str:
    """What of the text is kept after `length` characters: all, some with the notice after it, or nothing."""
    if length > LONGEST_ATTEMPT:
        return ""
    if length + len(text) <= LONGEST_ATTEMPT:
        return text
    kept = text[: LONGEST_ATTEMPT - length]
    return kept[: kept.rfind("\n") + 1] + _LINES_CUT


def _store(task: Task, attempt: Attempt, instance_id: int, stream: Stream, first_sequence: int, text: str) -> None:
    task_length = len(text) + text.count("\n") * len(_prefix(instance_id))
    OutputChunk.objects.create(
        task=task,
        attempt=attempt,
        instance_id=instance_id,
        stream=stream,
        first_sequence=first_sequence,
        task_offset=_length(task, stream),
        task_length=task_length,
        instance_offset=_instance_length(task, stream, instance_id),
        text=text,
    )
    Task.objects.filter(pk=task.pk).update(**{f"{stream}_length": F(f"{stream}_length") + task_length})
    _rotate(task, stream, _length(task, stream) + task_length)
    # A cut text counts as more than the limit, so that the notice is the last line.
    cut = LONGEST_ATTEMPT if text.endswith(_LINES_CUT) else 0
    Attempt.objects.filter(pk=attempt.pk).update(output_length=F("output_length") + len(text) + cut)


def _length(task: Task, stream: Stream) -> int:
    return int(task.stdout_length if stream == "stdout" else task.stderr_length)


def _rotate(task: Task, stream: Stream, length: int) -> None:
    """Removes the oldest chunks of a stream that has grown too long; the task's row is locked.

    The last chunk of an instance stays, without its text: the instance goes on counting from there.
    """
    if length - kept_from(task, stream) <= LONGEST_STREAM:
        return
    chunks = task.output.filter(stream=stream)
    newest = chunks.filter(task_offset__gte=length - LONGEST_STREAM + ROTATED_AT_ONCE).order_by("task_offset")
    start = newest.values_list("task_offset", flat=True).first()
    if start is None:
        return
    gone = chunks.filter(task_offset__lt=start)
    later = chunks.filter(instance_id=OuterRef("instance_id"), instance_offset__gt=OuterRef("instance_offset"))
    gone.exclude(~Exists(later)).delete()
    gone.exclude(text="").update(instance_offset=F("instance_offset") + Length("text"), text="", task_length=0)
    Task.objects.filter(pk=task.pk).update(**{f"{stream}_start": start})


def _instance_length(task: Task, stream: Stream, instance_id: int) -> int:
    last = task.output.filter(stream=stream, instance_id=instance_id).order_by("-instance_offset").first()
    return last.instance_offset + len(last.text) if last else 0


def _prefix(instance_id: int) -> str:
    return f" {instance_id}> "


def _prefixed(chunk: OutputChunk) -> str:
    if not chunk.text:
        return ""
    prefix = _prefix(chunk.instance_id)
    return prefix + chunk.text[:-1].replace("\n", "\n" + prefix) + "\n"


def _read(chunks: QuerySet[OutputChunk], offset_field: str, since: int) -> tuple[int, str]:
    """Chunks lie end to end: the one that holds `since`, and those after it until the answer is long enough."""
    written = chunks.exclude(text="").order_by(offset_field)
    holder = written.filter(**{f"{offset_field}__lte": since}).last() or written.first()
    first = getattr(holder, offset_field) if holder else 0
    since = max(first, since)
    parts: list[str] = []
    length = 0
    following = written.filter(**{f"{offset_field}__gte": first})
    for chunk in following.iterator(chunk_size=200):
        parts.append(_prefixed(chunk) if offset_field == "task_offset" else chunk.text)
        length += len(parts[-1])
        if length >= LONGEST_ANSWER + since - first:
            break
    return since, "".join(parts)[since - first :]


def _from_next_line(start: int, text: str) -> tuple[int, str]:
    """The same text without the half line it may begin with."""
    line_end = text.find("\n") + 1
    return start + line_end, text[line_end:]
