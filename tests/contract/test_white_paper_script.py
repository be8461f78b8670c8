"""The script of Qarnot's white paper, as its readers type it."""

import qarnot

from tests.contract.orders import results_of


def test_the_script_renders_ten_frames_and_brings_them_home(alice, cube, tmp_path):
    conn = qarnot.Connection(client_token=alice.token, cluster_url=alice.url)
    task = conn.create_task("name", "blender-2.92", 0)
    task.advanced_range = "1-10"
    inputs = conn.retrieve_or_create_bucket("INPUT_BUCKET")
    inputs.add_file(str(cube), "x.blend")
    task.resources.append(inputs)
    task.results = conn.create_bucket("BUCKET_OUT")
    task.constants["BLEND_FILE"] = "x.blend"

    task.submit()
    task.wait()
    printed = task.fresh_stdout()
    task.download_results(str(tmp_path))

    names = [f"{frame:04}.png" for frame in range(1, 11)]
    assert task.state == "Success", task.errors
    assert sorted(file.name for file in tmp_path.iterdir()) == names
    assert sorted(results_of(task)) == names
    assert all(f" {frame}> " in printed for frame in range(1, 11))
