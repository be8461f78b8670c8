"""The API's JSON by the SDK's own readers: all that they look for is there, and comes back as it was sent."""

import pytest
from qarnot.carbon_facts import CarbonFacts
from qarnot.connection import Profile, UserInfo
from qarnot.job import Job
from qarnot.task import Task

from farm.models import Instance, InstanceState
from tests.farm.read_by_the_sdk import noting

ORDER = {
    "name": "film",
    "shortname": "film-1",
    "profile": "blender-4.5",
    "advancedRanges": "1-4",
    "constants": [{"key": "BLEND_FILE", "value": "scene.blend"}],
    "tags": ["night"],
    "labels": {"Shot": "010"},
    "resultBucket": "OUT",
    "resultsWhitelist": r".*\.png",
    "resultsBlacklist": "tmp/.*",
    "snapshotWhitelist": "a.*",
    "snapshotBlacklist": "b.*",
    "uploadResultsOnCancellation": True,
    "maxTimeQueueSeconds": 3600,
    "autoDeleteOnCompletion": True,
    "completionTimeToLive": "1.02:03:04",
    "hardwareConstraints": [{"discriminator": "MinimumRamHardwareConstraint", "minimumMemoryMB": 64}],
    "defaultResourcesCacheTTLSec": 7776000,
    "ResultsCacheTTLSec": 60,
    "schedulingType": "Flex",
    "targetedReservedMachineKey": None,
    "targetedReservationName": None,
    "waitForPoolResourcesSynchronization": None,
    "privileges": {"exportApiAndStorageCredentialsInEnvironment": True},
    "retrySettings": {"maxTotalRetries": 4, "maxPerInstanceRetries": 2},
    "secretsAccessRights": {"bySecret": [{"key": "token"}], "byPrefix": []},
    "forcedNetworkRules": [],
}
NOT_OFFERED = {"projectUuid"}
"""This farm has no projects, and says nothing of them."""
NOT_LIMITED = {"maxBucket", "quotaBytesBucket", "usedQuotaBytesBucket", "maxFlexCores", "computingQuotas.organization"}
"""Neither buckets nor bytes nor cores have a maximum here, and an account belongs to no organization."""
ONE_OF_TWO = {"resourceBuckets", "advancedResourceBuckets"}
NEVER_NULL = [
    "errors", "completedInstances", "resultsCount", "constants", "secretsAccessRights", "privileges",
    "retrySettings", "hardwareConstraints", "forcedNetworkRules", "creationDate",
]  # fmt: skip
OF_OTHER_SDKS = {
    "totalInstanceCount", "clusterInfo", "resultsBucketPrefix", "snapshotInterval", "status.cancelledRange",
    "status.startedOnceRange", "status.executionTimeByMachineSpecification", "status.executionTimeBySiteAndMachine",
    "status.executionTimeByInstanceId", "status.runningInstancesInfo.perRunningInstanceInfo.specificationKey",
    "status.runningInstancesInfo.perRunningInstanceInfo.coreCount", "completedInstances.error",
    "completedInstances.cpuModel", "completedInstances.specificationKey", "completedInstances.clockRatio",
}  # fmt: skip


@pytest.fixture
def told(ask, alice, machine, s3_store):
    """The JSON of a task of four instances: one ended well, one failed, one runs, one waits."""
    uuid = ask(alice, "POST", "tasks", ORDER).json()["uuid"]
    machine.ends(machine.begin(uuid, 1), results=["0001.png"])
    error = {"code": "NO_CAMERA", "message": "The scene has no camera.", "debug": "trace"}
    machine.ends(machine.begin(uuid, 2), InstanceState.FAILURE, error)
    machine.begin(uuid, 3)
    Instance.objects.filter(task=uuid, instance_id=3).update(progress=40, cpu_percent=90, memory_mb=512)
    return ask(alice, "GET", f"tasks/{uuid}").json()


@pytest.fixture
def read(as_alice, told):
    """The SDK's task, and what its readers missed."""
    missing: set[str] = set()
    task = Task.from_json(as_alice, noting(told, missing))
    task._auto_update = False
    assert task.status is not None
    return task, missing


def test_all_that_the_sdk_looks_for_in_a_task_is_there(read):
    _task, missing = read

    assert missing - NOT_OFFERED == set()


def test_what_another_sdk_looks_for_is_there_too(told):
    def has(value, path):
        head, _, rest = path.partition(".")
        value = value[0] if isinstance(value, list) else value
        return head in value and (not rest or has(value[head], rest))

    assert {path for path in OF_OTHER_SDKS if not has(told, path)} == set()


@pytest.mark.parametrize("key", NEVER_NULL)
def test_what_crashes_the_sdk_where_it_is_null_never_is(told, key):
    assert told[key] is not None


def test_resources_are_told_in_one_of_the_two_forms(told):
    assert len([key for key in ONE_OF_TWO if told.get(key)]) <= 1


def test_an_order_comes_back_as_it_was_sent(told):
    for key, value in ORDER.items():
        assert told[key] == value, key


def test_the_sdks_properties_are_those_of_the_json(read, told):
    task, _missing = read

    assert (task.uuid, task.name, task.shortname, task.profile) == (told["uuid"], "film", "film-1", "blender-4.5")
    assert (task.state, task.previous_state) == (told["state"], told["previousState"])
    assert (task.advanced_range, task.instancecount) == ("1-4", 0)
    assert task.creation_date.strftime("%Y-%m-%dT%H:%M:%S.%fZ") == told["creationDate"]
    assert (task.running_instance_count, task.running_core_count, task.progress) == (1, 2, told["progress"])
    assert (task.end_date, task.execution_time) == ("0001-01-01T00:00:00Z", told["executionTime"])
    assert (task.tags, task.labels, task.constants) == (["night"], {"Shot": "010"}, {"BLEND_FILE": "scene.blend"})
    assert (task.results_whitelist, task.snapshot_blacklist) == (r".*\.png", "b.*")
    assert (task.auto_delete, task.max_time_queue_seconds) == (True, 3600)
    assert task.retry_settings.to_json() == ORDER["retrySettings"]
    assert task.privileges.to_json() == ORDER["privileges"]
    assert task.scheduling_type.schedulingType == "Flex"
    assert [constraint.to_json() for constraint in task.hardware_constraints] == ORDER["hardwareConstraints"]


def test_instances_that_ended_and_those_that_run_are_read(read, told):
    task, _missing = read

    well, badly = task.completed_instances
    (running,) = task.status.running_instances_info.per_running_instance_info
    assert (well.instance_id, well.state, well.exec_time_sec) == (1, "Success", 2.5)
    assert well.results[0].endswith("/OUT/0001.png")
    assert (badly.instance_id, badly.state, badly.execution_attempt_count) == (2, "Failure", 1)
    assert (running.instance_id, running.phase, running.progress, running.current_memory_mb) == (
        3,
        "execution",
        40,
        512,
    )
    assert (task.status.succeeded_range, task.status.failed_range, task.status.executed_range) == ("1", "2", "1-2")
    assert task.status.execution_time_by_cpu_model[0].time == 5.0


def test_a_summary_has_all_that_its_reader_looks_for_but_the_details(as_alice, ask, alice, told):
    (summary,) = ask(alice, "POST", "tasks/summaries/paginate", {}).json()["data"]
    details = told.keys() - summary.keys()

    task = Task.from_json(as_alice, summary, True)

    assert summary.pop("wallTime") >= told["wallTime"], "it still runs"
    assert summary == {key: told[key] for key in summary}
    assert {"status", "constants", "completedInstances", "errors"} <= details
    assert (task._name, task._state) == ("film", told["state"])


def test_a_job_is_read(as_alice, ask, alice):
    order = {"name": "nightly", "shortname": "nightly-1", "useDependencies": True, "tags": ["night"]}
    uuid = ask(alice, "POST", "jobs/", {**order, "maxWallTime": "1.00:00:00"}).json()["uuid"]
    missing: set[str] = set()

    told = noting(ask(alice, "GET", f"jobs/{uuid}").json(), missing)

    job = Job.from_json(as_alice, told)
    job._update(told)

    assert missing == set()
    assert (job._uuid, job._name, job._shortname, job._use_dependencies) == (uuid, "nightly", "nightly-1", True)
    assert (job._state, job._tags, job._max_wall_time) == ("Active", ["night"], "1.00:00:00")


def test_the_account_is_read(ask, alice):
    missing: set[str] = set()

    user = UserInfo(noting(ask(alice, "GET", "info").json(), missing))

    assert missing - NOT_LIMITED == set()
    assert user.email == alice.email


def test_a_profile_is_read(ask, alice):
    missing: set[str] = set()

    profile = Profile(noting(ask(alice, "GET", "profiles/blender-4.5").json(), missing))

    assert missing == set()
    assert dict(profile.constants)["BLEND_FORMAT"] == "PNG"


def test_carbon_facts_are_read(ask, alice, told):
    missing: set[str] = set()

    CarbonFacts.from_json(noting(ask(alice, "GET", f"carbon/v1/tasks/{told['uuid']}/carbon-facts").json(), missing))

    assert missing == set()


def test_charlie_gets_none_of_these_shapes(ask, charlie, told):
    for path in (f"tasks/{told['uuid']}", f"carbon/v1/tasks/{told['uuid']}/carbon-facts"):
        assert ask(charlie, "GET", path).status_code == 404
    assert ask(charlie, "POST", "tasks/summaries/paginate", {}).json()["data"] == []
