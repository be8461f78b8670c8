"""What the farm takes as an order, and how it says no."""

import pytest

from farm import groups, quotas, ranges, secret_constants
from farm.models import Bucket, Instance, Node, Task
from farm.submission import Refused, change_task, create_task


def order(**fields):
    return {"name": "film", "profile": "blender-4.5", "instanceCount": 1, **fields}


def refusal(account, body):
    with pytest.raises(Refused) as fault:
        create_task(account, body)
    assert Task.objects.count() == 0
    return fault.value.status, fault.value.message


def ids_of(task):
    return list(Instance.objects.filter(task=task).order_by("instance_id").values_list("instance_id", flat=True))


def test_an_order_by_count_has_instances_from_zero(alice):
    assert ids_of(create_task(alice, order(instanceCount=3))) == [0, 1, 2]


def test_an_order_by_range_has_those_instances(alice):
    task = create_task(alice, order(advancedRanges="[1-3],7", instanceCount=0))

    assert (ids_of(task), task.total_instance_count, task.instance_count) == ([1, 2, 3, 7], 4, 0)


def test_keys_of_other_sdks_mean_the_same(alice):
    Bucket.objects.create(account=alice, name="IN")
    task = create_task(
        alice,
        {
            "Name": "film",
            "PROFILE": "blender-4.5",
            "InstanceCount": 2,
            "Constants": [{"Key": "BLEND_FILE", "Value": "x.blend"}],
            "AdvancedResourceBuckets": [
                {"BucketName": "IN", "Filtering": {"PrefixFiltering": {"Prefix": "shots/"}}, "CacheTTLSec": None}
            ],
            "Labels": {"Shot": "S010"},
            "RetrySettings": {"MaxPerInstanceRetries": 1},
        },
    )

    assert task.constants == {"BLEND_FILE": "x.blend"}
    assert task.resource_buckets[0]["bucketName"] == "IN"
    assert task.resource_buckets[0]["filtering"] == {"prefixFiltering": {"prefix": "shots/"}}
    assert (task.labels, task.max_attempts) == ({"Shot": "S010"}, 2)


def test_the_value_of_a_constant_is_kept_as_text(alice):
    values = ["a", 24, 1.5, True, None]
    constants = [{"key": f"C{place}", "value": value} for place, value in enumerate(values)]

    assert list(create_task(alice, order(constants=constants)).constants.values()) == ["a", "24", "1.5", "true", ""]


def test_what_no_database_holds_is_replaced_and_not_an_error(alice):
    task = create_task(alice, order(name="a\0b\ud800c", constants=[{"key": "K", "value": "\0"}]))

    task.refresh_from_db()
    assert (task.name, task.constants) == ("a�b�c", {"K": "�"})


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 2048}, "name"),
        ({"name": 5}, "name"),
        ({"shortname": "no spaces"}, "shortname"),
        ({"shortname": "ends-"}, "shortname"),
        ({"instanceCount": 0}, "instanceCount"),
        ({"instanceCount": True}, "instanceCount"),
        ({"instanceCount": "3"}, "instanceCount"),
        ({"advancedRanges": "1-3"}, "instanceCount"),
        ({"instanceCount": 10_001}, "range-length"),
        ({"instanceCount": 0, "advancedRanges": "1-20000"}, "range-length"),
        ({"instanceCount": 0, "advancedRanges": "1-"}, "advancedRanges"),
        ({"instanceCount": 0, "advancedRanges": ["1-3"]}, "instanceCount"),
        ({"constants": [{"key": "with space", "value": ""}]}, "constants"),
        ({"constants": [{"key": f"K{n}", "value": ""} for n in range(151)]}, "constants"),
        ({"constants": {"KEY": "value"}}, "constants"),
        ({"tags": ["x" * 512]}, "tags"),
        ({"tags": [str(n) for n in range(11)]}, "tags"),
        ({"resultsWhitelist": "(unclosed"}, "resultsWhitelist"),
        ({"resultBucket": "with/slash"}, "resultBucket"),
        ({"advancedResourceBuckets": ["IN"]}, "advancedResourceBuckets"),
        ({"retrySettings": {"maxPerInstanceRetries": -1}}, "retrySettings"),
        ({"profile": "houdini-99"}, "profile"),
        ({"poolUuid": "5a0e4f4c-0000-4000-8000-000000000001"}, "poolUuid"),
        ({"dependencies": {"dependsOn": ["5a0e4f4c-0000-4000-8000-000000000001"]}}, "dependencies"),
        ({"dependencies": {"dependsOn": ["shot-10"]}}, "dependencies"),
        ({"dependencies": {"advancedDependsOn": [{"taskFinalStateCondition": ["success"]}]}}, "dependencies"),
        ({"jobUuid": "5a0e4f4c-0000-4000-8000-000000000001"}, "jobUuid"),
        ({"jobUuid": "film"}, "jobUuid"),
        ({"hardwareConstraints": [{"discriminator": "Fast"}]}, "hardwareConstraints"),
        ({"secretsAccessRights": {"bySecret": ["key"]}}, "secretsAccessRights"),
        ({"maxTimeQueueSeconds": "soon"}, "maxTimeQueueSeconds"),
        ({"completionTimeToLive": "one hour"}, "completionTimeToLive"),
        ({"completionTimeToLive": "9999.00:00:00"}, "completionTimeToLive"),
        ({"snapshotWhitelist": "(unclosed"}, "snapshotWhitelist"),
        ({"forcedNetworkRules": [{"inbound": True}]}, "forcedNetworkRules"),
    ],
)
def test_a_fault_is_named_by_its_field(alice, fields, fault):
    status, message = refusal(alice, order(**fields))

    assert status == 400
    assert message.startswith(f"Invalid task file. Invalid fields: {fault}. ")
    assert message.endswith(".")


def test_all_faults_are_told_at_once(alice):
    _, message = refusal(alice, {"profile": "blender-4.5", "tags": "film"})

    assert message.startswith("Invalid task file. Invalid fields: instanceCount, name, tags. ")


@pytest.mark.parametrize("body", [None, "text", 5, [1]])
def test_what_is_no_object_is_no_order(alice, body):
    assert refusal(alice, body)[0] == 400


def test_what_sdks_send_for_nothing_is_nothing(alice):
    fields = {
        "poolUuid": "00000000-0000-0000-0000-000000000000",
        "jobUuid": None,
        "dependencies": {"dependsOn": []},
        "secretsAccessRights": {"bySecret": [], "byPrefix": []},
        "hardwareConstraints": [],
        "maxTimeQueueSeconds": 0,
        "advancedRanges": "",
    }

    assert ids_of(create_task(alice, order(**fields))) == [0]


def test_what_an_order_says_of_its_life_is_kept(alice):
    Bucket.objects.create(account=alice, name="IN")
    job = groups.create_job(alice, {"name": "night", "useDependencies": True})
    first = create_task(alice, order())
    fields = {
        "JobUuid": str(job.pk),
        "Dependencies": {"DependsOn": [str(first.pk)]},
        "ResultsBucketPrefix": "night/",
        "SnapshotWhitelist": "png$",
        "MaxTimeQueueSeconds": 60,
        "AutoDeleteOnCompletion": True,
        "CompletionTimeToLive": "1.00:00:01",
        "SecretsAccessRights": {"BySecret": [{"Key": "licence"}], "ByPrefix": [{"Prefix": "team/"}]},
        "Privileges": {"ExportApiAndStorageCredentialsInEnvironment": True},
        "RetrySettings": {"MaxTotalRetries": 7, "MaxPerInstanceRetries": 2},
        "HardwareConstraints": [{"Discriminator": "MinimumCoreHardwareConstraint", "CoreCount": 2}],
    }
    task = create_task(alice, order(**fields))

    task.refresh_from_db()
    assert (task.job, task.waits_for_tasks, task.results_prefix) == (job, True, "night/")
    assert (task.snapshot_whitelist, task.max_queue_seconds) == ("png$", 60)
    assert (task.auto_delete, task.time_to_live_seconds) == (True, 86_401)
    assert task.secrets_access == {"bySecret": [{"key": "licence"}], "byPrefix": [{"prefix": "team/"}]}
    assert (task.gives_credentials, task.max_attempts, task.max_total_retries) == (True, 3, 7)
    assert task.hardware_constraints == [{"discriminator": "MinimumCoreHardwareConstraint", "coreCount": 2}]


def test_an_order_that_no_machine_could_ever_meet_is_refused(alice, machine):
    Node.objects.update(sandbox_tier="A")
    constraint = {"discriminator": "MinimumCoreHardwareConstraint", "coreCount": 1000}

    status, message = refusal(alice, order(hardwareConstraints=[constraint]))

    assert status == 402
    assert "hardware constraint: at least 1,000 cores" in message


def test_an_unknown_profile_is_told_the_known_ones(alice):
    assert "blender-4.5" in refusal(alice, order(profile="houdini"))[1]


def test_bob_who_has_no_hours_left_orders_nothing(bob):
    status, message = refusal(bob, order())

    assert (status, message) == (402, "Not enough credits: no render hours are left on this account.")


def test_more_tasks_than_allowed_are_refused_in_the_words_the_sdk_knows(alice, monkeypatch):
    monkeypatch.setattr(quotas, "MAX_OPEN_TASKS", 0)

    status, message = refusal(alice, order())

    assert status == 403
    assert "maximum number of tasks reached" in message.lower()


def test_a_resource_bucket_of_someone_else_is_not_there(alice, charlie):
    Bucket.objects.create(account=charlie, name="SECRET_FILM")

    assert refusal(alice, order(resourceBuckets=["SECRET_FILM"])) == (404, "No such bucket: SECRET_FILM")


def test_the_result_bucket_is_made_when_it_is_not_there(alice):
    create_task(alice, order(resultBucket="OUT"))
    create_task(alice, order(resultBucket="OUT"))

    assert list(Bucket.objects.values_list("account__email", "name")) == [("alice@example.org", "OUT")]


def test_a_refused_order_leaves_no_bucket(alice):
    refusal(alice, order(resultBucket="OUT", resourceBuckets=["MISSING"]))

    assert Bucket.objects.count() == 0


def test_a_shortname_is_taken_once_by_an_account(alice, charlie):
    create_task(alice, order(shortname="shot-10"))
    create_task(charlie, order(shortname="shot-10"))

    with pytest.raises(Refused, match="Invalid fields: shortname-uniqueness") as fault:
        create_task(alice, order(shortname="shot-10"))

    assert (fault.value.status, Task.objects.count()) == (400, 2)


def test_a_task_without_a_shortname_has_its_uuid(alice):
    task = create_task(alice, order())

    assert task.shortname == str(task.uuid)


def test_a_change_takes_constants_and_tags_and_nothing_else(alice):
    task = create_task(alice, order(tags=["old"], constants=[{"key": "A", "value": "1"}]))

    change_task(task, {"name": "other", "constants": [{"key": "B", "value": 2}], "tags": ["new", "new"]})

    task.refresh_from_db()
    assert (task.name, task.constants, [str(tag) for tag in task.tags.all()]) == ("film", {"B": "2"}, ["new"])


def test_a_secret_that_comes_back_as_its_echo_is_left_as_it_was(alice):
    task = create_task(alice, order(constants=[{"key": "QARNOT_SECRET__KEY", "value": "s3cret"}]))

    change_task(task, {"constants": [{"key": "QARNOT_SECRET__KEY", "value": "[SECRET]"}]})

    task.refresh_from_db()
    assert secret_constants.opened(task) == {"QARNOT_SECRET__KEY": "s3cret"}


def test_a_frame_whose_tiles_have_no_numbers_any_more_is_refused(alice):
    tiled = {"constants": [{"key": "BLEND_SLICING", "value": "2"}], "resultBucket": "out", "instanceCount": 0}

    status, message = refusal(alice, order(advancedRanges="429496729", **tiled))
    task = create_task(alice, order(advancedRanges="429496728", **tiled))

    assert (status, "429,496,728 is the largest frame" in message) == (400, True)
    assert max(ids_of(task)) <= ranges.LARGEST


@pytest.mark.parametrize("number", ["0000049", "17", "99999999999999999999999", "0"])
def test_leading_noughts_are_no_way_to_more_tiles(alice, number):
    sliced = {"constants": [{"key": "BLEND_SLICING", "value": number}], "resultBucket": "out"}

    assert "BLEND_SLICING has to be a whole number" in refusal(alice, order(**sliced))[1]


@pytest.mark.parametrize(
    ("said", "priority"),
    [
        ({}, "normal"),
        ({"priority": "high"}, "high"),
        ({"priority": -5}, "low"),
        ({"labels": {"priority": "High"}}, "high"),
        ({"priority": "low", "labels": {"priority": "high"}}, "low"),
    ],
)
def test_an_order_says_before_what_else_of_its_owner_it_goes(alice, ask, said, priority):
    made = ask(alice, "POST", "tasks", order(**said)).json()["uuid"]

    assert ask(alice, "GET", f"tasks/{made}").json()["priority"] == priority


def test_a_priority_that_is_none_is_refused(alice):
    assert "priority is low, normal or high." in refusal(alice, order(priority="yesterday"))[1]
