"""What a task's state is for every picture of its instances, and that no order of reports leads elsewhere."""

import random
from collections import Counter

import pytest

from farm import lifecycle
from farm.models import Instance, InstanceState, Phase, Task, TaskState
from farm.submission import create_task

DISPATCH, DOWNLOAD, ENVIRONMENT, EXECUTION, UPLOAD = (("running", phase) for phase in Phase)
WAITING, SUCCESS, FAILURE, CANCELLED = (("waiting", ""), ("success", ""), ("failure", ""), ("cancelled", ""))

TABLE = [
    ([WAITING, WAITING], TaskState.SUBMITTED),
    ([DISPATCH, WAITING], TaskState.PARTIALLY_DISPATCHED),
    ([DOWNLOAD, WAITING], TaskState.PARTIALLY_DISPATCHED),
    ([DOWNLOAD, ENVIRONMENT], TaskState.FULLY_DISPATCHED),
    ([EXECUTION, WAITING], TaskState.PARTIALLY_EXECUTING),
    ([EXECUTION, DOWNLOAD], TaskState.PARTIALLY_EXECUTING),
    ([EXECUTION, EXECUTION], TaskState.FULLY_EXECUTING),
    ([SUCCESS, EXECUTION], TaskState.PARTIALLY_EXECUTING),
    ([SUCCESS, WAITING], TaskState.PARTIALLY_EXECUTING),
    ([UPLOAD, WAITING], TaskState.PARTIALLY_EXECUTING),
    ([UPLOAD, EXECUTION], TaskState.PARTIALLY_EXECUTING),
    ([SUCCESS, UPLOAD], TaskState.UPLOADING_RESULTS),
    ([SUCCESS, SUCCESS], TaskState.SUCCESS),
    ([SUCCESS, FAILURE], TaskState.FAILURE),
    ([FAILURE, CANCELLED], TaskState.FAILURE),
    ([SUCCESS, CANCELLED], TaskState.CANCELLED),
]


@pytest.fixture
def task(alice):
    return create_task(alice, {"name": "film", "profile": "blender-4.5", "advancedRanges": "1-3"})


def standing(instances):
    """Of (state, phase) of each."""
    states = [state for state, _ in instances]
    phases = Counter(phase for state, phase in instances if state == "running")
    ended = frozenset(states) - {"waiting", "running"}
    return lifecycle.Standing("waiting" in states, phases, ended, total=len(instances))


def state_of(task):
    return Task.objects.get(pk=task.pk).state


@pytest.mark.parametrize(("instances", "state"), TABLE)
def test_the_state_is_what_the_instances_say(instances, state):
    assert lifecycle.state_of(TaskState.SUBMITTED, standing(instances)) == state


@pytest.mark.parametrize(
    ("instances", "state"),
    [
        ([EXECUTION, CANCELLED], TaskState.PENDING_CANCEL),
        ([CANCELLED, CANCELLED], TaskState.CANCELLED),
        ([SUCCESS, CANCELLED], TaskState.CANCELLED),
    ],
)
def test_a_task_being_cancelled_is_so_until_nothing_runs(instances, state):
    assert lifecycle.state_of(TaskState.PENDING_CANCEL, standing(instances)) == state


def test_reports_in_any_order_and_twice_lead_to_the_same_end(alice, machine):
    chance = random.Random(7)
    for _ in range(10):
        task = create_task(alice, {"name": "film", "profile": "blender-4.5", "advancedRanges": "1-4"})
        attempts = [machine.begin(task.pk, number, Phase.DOWNLOAD) for number in (1, 2, 3, 4)]
        reports = [(attempt, phase) for attempt in attempts for phase in Phase] * 2

        for attempt, phase in chance.sample(reports, len(reports)):
            machine.reaches(attempt, phase)
        for attempt in chance.sample(attempts * 2, 8):
            machine.ends(attempt)
            lifecycle.refresh_state(task.pk)

        assert state_of(task) == TaskState.SUCCESS


def test_a_task_tells_where_it_was_before_and_since_when(task, machine):
    machine.begin(task.pk, 1, Phase.DOWNLOAD)
    dispatched = Task.objects.get(pk=task.pk)
    machine.begin(task.pk, 2)
    executing = Task.objects.get(pk=task.pk)

    assert (dispatched.state, dispatched.previous_state) == (TaskState.PARTIALLY_DISPATCHED, TaskState.SUBMITTED)
    assert executing.previous_state == TaskState.PARTIALLY_DISPATCHED
    assert executing.previous_state_changed_at == dispatched.state_changed_at
    assert executing.modified_at == executing.state_changed_at > dispatched.state_changed_at


def test_an_instance_that_a_lost_machine_gave_back_sets_the_task_back(task, machine):
    attempt = machine.begin(task.pk, 1)
    machine.gives_back(attempt)

    assert state_of(task) == TaskState.SUBMITTED


def test_cancelling_what_only_waits_ends_it_at_once(task):
    lifecycle.cancel(task)

    task.refresh_from_db()
    assert (task.state, task.previous_state) == (TaskState.CANCELLED, TaskState.PENDING_CANCEL)
    assert task.ended_at is not None
    assert set(task.instances.values_list("state", flat=True)) == {"cancelled"}


def test_cancelling_waits_for_what_runs(task, machine):
    attempt = machine.begin(task.pk, 2)
    lifecycle.cancel(task)
    assert state_of(task) == TaskState.PENDING_CANCEL
    assert list(task.instances.order_by("instance_id").values_list("state", flat=True)) == [
        "cancelled",
        "running",
        "cancelled",
    ]

    machine.ends(attempt, InstanceState.CANCELLED)
    assert state_of(task) == TaskState.CANCELLED


def test_an_instance_given_back_after_the_cancel_is_not_handed_out_again(task, machine):
    attempt = machine.begin(task.pk, 2)
    lifecycle.cancel(task)

    machine.gives_back(attempt)

    assert state_of(task) == TaskState.CANCELLED
    assert Instance.objects.get(pk=attempt.instance_id).state == InstanceState.CANCELLED


def test_cancelling_twice_is_cancelling_once(task, machine):
    machine.begin(task.pk, 2)
    lifecycle.cancel(task)
    since = Task.objects.get(pk=task.pk).state_changed_at

    lifecycle.cancel(task)

    assert Task.objects.get(pk=task.pk).state_changed_at == since


def test_what_has_ended_cannot_be_cancelled(task, machine):
    machine.renders_all(task.pk)

    with pytest.raises(lifecycle.ForbiddenMove, match="The task is Success"):
        lifecycle.cancel(task)


def test_a_late_report_changes_nothing_of_what_has_ended(task, machine):
    ended = machine.renders_all(task.pk)
    Instance.objects.filter(task=task, instance_id=1).update(state=InstanceState.WAITING)

    lifecycle.refresh_state(task.pk)

    assert (state_of(task), Task.objects.get(pk=task.pk).ended_at) == (TaskState.SUCCESS, ended.ended_at)


def test_a_failed_task_says_what_befell_which_instances(task, machine):
    for number, message in [(1, "Out of memory."), (2, "No camera."), (3, "Out of memory.")]:
        attempt = machine.begin(task.pk, number)
        error = {"code": message[:3], "message": message, "debug": "trace"}
        machine.ends(attempt, InstanceState.FAILURE, error)

    assert Task.objects.get(pk=task.pk).errors == [
        {"code": "Out", "message": "Out of memory. (instances 1,3)", "debug": "trace"},
        {"code": "No ", "message": "No camera. (instances 2)", "debug": "trace"},
    ]


def test_what_waits_can_be_failed_for_a_reason_not_its_own(task, machine):
    attempt = machine.begin(task.pk, 1)
    lifecycle.fail_waiting(task, "NO_HOURS", "No render hours are left.")
    assert state_of(task) == TaskState.PARTIALLY_EXECUTING

    machine.ends(attempt)

    ended = Task.objects.get(pk=task.pk)
    assert (ended.state, ended.errors[0]["code"]) == (TaskState.FAILURE, "NO_HOURS")


def test_a_deleted_task_that_has_ended_is_gone_with_all_it_had(task, machine):
    machine.renders_all(task.pk)

    lifecycle.delete(task)

    assert not Task.objects.filter(pk=task.pk).exists()
    assert not Instance.objects.filter(task=task.pk).exists()


def test_a_deleted_task_that_runs_is_gone_when_its_last_attempt_is(task, machine):
    attempt = machine.begin(task.pk, 1)
    lifecycle.delete(task)
    assert state_of(task) == TaskState.PENDING_DELETE

    machine.ends(attempt, InstanceState.CANCELLED)

    assert not Task.objects.filter(pk=task.pk).exists()
