"""The white paper's script, with the unmodified SDK, against the running stack."""

import pytest
import qarnot

from tests.plain_blender import pixels, render
from tests.scenes import scene

pytestmark = [pytest.mark.stack, pytest.mark.engine]

SCENE = "gltf-io/tests/scenes/37_lamp_Workbench.blend"


@pytest.fixture(scope="module")
def token(stack):
    stack.manage("account", "create", "td@example.org", stdin="a long enough pass phrase\n")
    return stack.manage("account", "token", "td@example.org", "script")


@pytest.fixture(scope="module")
def conn(stack, token):
    return qarnot.Connection(client_token=token, cluster_url=f"{stack.url}/farm")


@pytest.fixture(scope="module")
def finished(conn, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    task = conn.create_task("name", "blender-4.5", 0)
    task.advanced_range = "1-2"
    bucket = conn.retrieve_or_create_bucket("INPUT_BUCKET")
    bucket.add_file(str(scene(SCENE)), "scene.blend")
    task.resources.append(bucket)
    task.results = conn.create_bucket("BUCKET_OUT")
    task.constants["BLEND_FILE"] = "scene.blend"
    task.constants["BLEND_RATIO"] = "20"
    task.submit()
    task.wait()
    printed = task.fresh_stdout()
    task.download_results(str(out))
    return task, printed, out


def test_the_script_ends_in_success_with_its_pictures_and_its_log(finished):
    task, printed, out = finished

    assert task.state == "Success", task.errors
    assert sorted(file.name for file in out.iterdir()) == ["0001.png", "0002.png"]
    assert " 1> " in printed and " 2> " in printed


def test_the_pictures_are_those_of_a_plain_blender(finished, tmp_path):
    _task, _printed, out = finished

    render("blender-4.5", scene(SCENE), tmp_path, [1], threads=2, percent=20)

    difference = abs(pixels(out / "0001.png")[..., :3] - pixels(tmp_path / "0001.png")[..., :3])
    assert difference.max() <= 1 / 255


def test_each_instance_has_its_own_output(finished):
    task, _printed, _out = finished

    first, second = task.stdout(1), task.stdout(2)

    assert "0001.png" in first and "0002.png" not in first
    assert "0002.png" in second


def test_the_account_sees_its_tasks_profiles_and_quota(conn, finished):
    task, _printed, _out = finished

    assert task.uuid in [listed.uuid for listed in conn.tasks()]
    assert "blender-4.5" in [profile.name for profile in conn.profiles()]
    assert conn.user_info.email == "td@example.org"


def test_a_task_by_count_can_be_aborted_and_deleted(conn):
    task = conn.create_task("by count", "blender-4.5", 3)
    task.resources.append(conn.retrieve_or_create_bucket("INPUT_BUCKET"))
    task.constants["BLEND_FILE"] = "scene.blend"
    task.submit()

    task.abort()
    task.wait()
    task.update(True)
    assert task.state in ("PendingCancel", "Cancelled")
    task.delete()

    with pytest.raises(qarnot.exceptions.MissingTaskException):
        conn.retrieve_task(task.uuid)


def test_anothers_task_and_bucket_are_not_there(stack, finished):
    task, _printed, _out = finished
    email = "charlies-script@example.org"
    stack.manage("account", "create", email, stdin="a long enough pass phrase\n")
    charlie = qarnot.Connection(
        client_token=stack.manage("account", "token", email, "own"),
        cluster_url=f"{stack.url}/farm",
    )

    with pytest.raises(qarnot.exceptions.MissingTaskException):
        charlie.retrieve_task(task.uuid)
    assert charlie.buckets() == []
