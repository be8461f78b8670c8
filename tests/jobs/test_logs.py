"""Every line of a farm's output once, in order, as plain text, however it is read."""

import pytest
from django.utils import timezone

from jobs.domain import log_folding, log_writing, logs, revisions, sync
from jobs.domain.log_cleaning import clean
from jobs.models import Job


def printed(task, *lines, stream="stdout", instance=1):
    task.text[stream] += "".join(f" {instance}> {line}\n" for line in lines)


def polled(job):
    Job.objects.filter(pk=job.pk).update(next_poll_at=timezone.now())
    sync.poll(job.account)
    job.refresh_from_db()


def texts(job, **asked):
    return [line.text for line in logs.lines(job, **asked)]


def test_lines_are_numbered_through_the_whole_job(job, farm):
    task = farm.only_task()
    printed(task, "one", "two")
    polled(job)
    printed(task, "three", instance=2)
    polled(job)

    found = logs.lines(job)

    assert [(line.number, line.instance_id, line.text) for line in found] == [
        (1, 1, "one"),
        (2, 1, "two"),
        (3, 2, "three"),
    ]
    assert job.line_count == 3


def test_a_line_that_is_not_whole_waits(job, farm):
    task = farm.only_task()
    task.text["stdout"] = " 1> one\n 1> tw"
    polled(job)
    assert texts(job) == ["one"]

    task.text["stdout"] += "o\n"
    polled(job)
    assert texts(job) == ["one", "two"]


def test_the_last_line_of_an_ended_task_needs_no_end(job, farm):
    task = farm.only_task()
    task.text["stdout"], task.state = " 1> bye", "Cancelled"

    polled(job)

    assert texts(job) == ["bye"]


def test_the_same_reading_folded_in_twice_counts_once(job, farm):
    printed(farm.only_task(), "one")
    readings = log_writing.read(job, farm.of(job.account), is_last=False)

    with revisions.change(job.pk) as revision:
        log_writing.write(job, readings, revision)
    with pytest.raises(log_writing.ReadTwice), revisions.change(job.pk) as revision:
        log_writing.write(job, readings, revision)

    assert texts(job) == ["one"]


def test_a_new_poller_goes_on_where_the_old_one_stopped(job, farm):
    task = farm.only_task()
    printed(task, *[f"line {n}" for n in range(450)])
    polled(job)
    printed(task, "after the restart")

    polled(Job.objects.get(pk=job.pk))

    assert texts(job, limit=1000) == [*[f"line {n}" for n in range(450)], "after the restart"]


def test_both_streams_are_kept_apart(job, farm):
    task = farm.only_task()
    printed(task, "fine")
    printed(task, "not fine", stream="stderr")

    polled(job)

    assert {(line.stream, line.text) for line in logs.lines(job)} == {("stdout", "fine"), ("stderr", "not fine")}


def test_a_farm_without_offsets_gives_each_line_once(job, farm):
    farm.gives_whole_output = True
    task = farm.only_task()
    for number in range(5):
        printed(task, f"line {number}")
        polled(job)
        polled(job)

    assert texts(job) == [f"line {number}" for number in range(5)]


def test_a_buffer_that_lost_its_beginning_is_gone_on_with(job, farm):
    farm.gives_whole_output = True
    task = farm.only_task()
    for number in range(200):
        printed(task, f"line {number}")
        task.text["stdout"] = task.text["stdout"][-600:]
        polled(job)

    assert texts(job, limit=1000) == [f"line {number}" for number in range(200)]


def test_lines_the_farm_lost_are_said_to_be_lost(job, farm):
    farm.gives_whole_output = True
    task = farm.only_task()
    printed(task, "one")
    polled(job)
    task.text["stdout"] = " 1> much later\n"

    polled(job)

    assert texts(job) == ["one", log_folding.GONE, "much later"]


def test_rendering_again_goes_on_with_the_same_log(job, farm):
    printed(farm.only_task(), "first try")
    polled(job)
    Job.objects.update(stdout_offset=0, output_tails={})
    farm.only_task().text["stdout"] = " 1> second try\n"

    polled(job)

    assert texts(job) == ["first try", "second try"]


@pytest.mark.parametrize(
    ("hostile", "plain"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("gpj.\u202escene", "gpj.scene"),
        ("nul\x00 bell\x07 back\x08", "nul bell back"),
        ("10%\r20%\r30%", "30%"),
        ("zero\u200bwidth", "zerowidth"),
        ("x" * 5000, "x" * 4096 + " … (line cut)"),
    ],
)
def test_hostile_text_becomes_plain_text(hostile, plain):
    assert clean(hostile) == plain


def test_one_instance_is_read_alone_and_searched(job, farm):
    task = farm.only_task()
    printed(task, "Sample 1/4", "Saved", instance=1)
    printed(task, "Sample 2/4", instance=2)
    polled(job)

    assert texts(job, instance=2) == ["Sample 2/4"]
    assert [line.text for line in logs.search(job, "sample")] == ["Sample 1/4", "Sample 2/4"]
    assert [line.number for line in logs.lines_before(job, before=3, limit=1)] == [2]
    assert "".join(logs.as_text(job)) == "1> Sample 1/4\n1> Saved\n2> Sample 2/4\n"
    assert "".join(logs.as_text(job, instance=2)) == "Sample 2/4\n"
