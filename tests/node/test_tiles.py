"""A picture in tiles, from the claims of its parts to the joined picture in the results."""

import json

import numpy as np
import OpenImageIO as oiio
import pytest

from farm import scheduler, sweeps, tiles
from farm.engines.events import Outcome
from farm.models import Instance, InstanceState, Task, TaskState
from farm.node import reports
from farm.storage import backing
from tests.node.conftest import ScriptedEngine

pytestmark = pytest.mark.django_db(transaction=True)

WIDTH, HEIGHT = 7, 5
SPENT = reports.Spent(0.0, 0.0, 1.5, 0.0, 2.0)


@pytest.fixture
def tiled(db):
    """`tiled(alice, [1])`: a task whose frames are 2 × 2 tiles, waiting."""

    def put(account, frames, side=2, **fields):
        known = {"profile": "blender-4.5", "result_bucket": "out", "shortname": f"still-{Task.objects.count()}"}
        total = len(frames) * tiles.parts_of_frame(side)
        task = Task.objects.create(
            account=account, name="still", tile_side=side, total_instance_count=total, **{**known, **fields}
        )
        Instance.objects.bulk_create(tiles.instances_of(task, frames))
        return task

    return put


def states(task):
    return list(task.instances.order_by("instance_id").values_list("state", flat=True))


def draw_tile(job, part):
    """As the Blender host leaves it: a picture of the whole size with one rectangle drawn, and its facts."""
    folder = job / "tiles/0001"
    folder.mkdir(parents=True, exist_ok=True)
    pixels = np.full((HEIGHT, WIDTH, 3), part + 1, np.uint8)
    output = oiio.ImageOutput.create(str(folder / f"{part}.png"))
    output.open(str(folder / f"{part}.png"), oiio.ImageSpec(WIDTH, HEIGHT, 3, "uint8"))
    output.write_image(pixels)
    output.close()
    (folder / f"{part}.json").write_text(json.dumps({"pictures": {f"{part}.png": "0001.png"}, "quality": 90}))


class Painter(ScriptedEngine):
    """Paints the tiles it is given with `render(job, part)`, and remembers them."""

    def __init__(self, render):
        super().__init__(render, [])
        self.parts = []

    def run(self, instance, on_event, should_stop):
        self.parts.append(instance.part)
        return self.render(self.job, instance.part) or Outcome(0, "", "", 1.5, 0.0)


@pytest.fixture
def paint(shift):
    """`paint()`: a whole shift whose engine paints tiles; the engine, which knows what it was given."""

    def begin(render=draw_tile):
        painter = Painter(render)
        shift(None, open_engine=painter).work()
        return painter

    return begin


def pixels_of(content, tmp_path):
    (tmp_path / "joined.png").write_bytes(content)
    picture = oiio.ImageInput.open(str(tmp_path / "joined.png"))
    return np.asarray(picture.read_image("uint8"))


def test_a_frame_is_its_tiles_and_their_joining(alice, tiled):
    task = tiled(alice, [3, -1])

    rows = task.instances.order_by("frame", "part").values_list("instance_id", "frame", "part")
    assert list(rows) == [(-5 + part, -1, part) for part in range(5)] + [(15 + part, 3, part) for part in range(5)]


def test_tiles_are_joined_into_one_picture_and_cleared_away(alice, tiled, s3_store, bucket_content, paint, tmp_path):
    backing.create_bucket(alice, "out")
    task = tiled(alice, [1], results_prefix="still/", results_whitelist=r"\d+\.png$")
    painter = paint()

    assert painter.parts == [0, 1, 2, 3]
    left = bucket_content(alice, "out")
    assert list(left) == ["still/0001.png"]
    joined = pixels_of(left["still/0001.png"], tmp_path)[:, :, 0]
    assert joined.tolist() == [[1] * 3 + [2] * 4] * 2 + [[3] * 3 + [4] * 4] * 3
    task.refresh_from_db()
    assert task.state == TaskState.SUCCESS
    assert [row.results for row in task.instances.order_by("part")] == [[], [], [], [], ["still/0001.png"]]


def test_the_joining_waits_for_every_tile(alice, tiled, node):
    task = tiled(alice, [1])
    begun = [scheduler.claim(node, "0") for _ in range(4)]

    assert scheduler.claim(node, "0") is None
    for attempt in begun[:3]:
        reports.succeeded(attempt, results=[], spent=SPENT)
    assert scheduler.claim(node, "0") is None

    reports.succeeded(begun[3], results=[], spent=SPENT)
    assert scheduler.claim(node, "0").instance.part == 4
    assert task.instances.filter(state=InstanceState.RUNNING).count() == 1


def test_a_joining_that_waits_for_tiles_holds_up_no_other_task(alice, tiled, order, node):
    tiled(alice, [1])
    for _ in range(4):
        scheduler.claim(node, "0")
    order(alice, [1])

    assert scheduler.claim(node, "0").instance.task.tile_side == 1


def test_a_lost_tile_is_rendered_again_and_the_joining_waits_for_it(alice, tiled, node):
    tiled(alice, [1])
    lost, *others = [scheduler.claim(node, "0") for _ in range(4)]
    for attempt in others:
        reports.succeeded(attempt, results=[], spent=SPENT)

    reports.lost(lost, reason="its node was killed")

    again = scheduler.claim(node, "0")
    assert (again.instance.part, again.number) == (0, 2)
    reports.succeeded(again, results=[], spent=SPENT)
    assert scheduler.claim(node, "0").instance.part == 4


def test_a_tile_whose_engine_was_killed_is_rendered_again_and_joined(
    alice, tiled, s3_store, bucket_content, paint, tmp_path
):
    backing.create_bucket(alice, "out")
    tiled(alice, [1])
    killed = []

    def die_once(job, part):
        if part == 2 and not killed:
            killed.append(part)
            return Outcome(139, "CRASHED", "Blender crashed on this frame.", 0.5, 0.0)
        return draw_tile(job, part)

    painter = paint(die_once)

    assert sorted(painter.parts) == [0, 1, 2, 2, 3]
    assert pixels_of(bucket_content(alice, "out")["0001.png"], tmp_path)[4, 0, 0] == 3


def test_a_tile_that_fails_for_good_fails_the_joining_at_once(alice, tiled, node):
    task = tiled(alice, [1])
    attempts = [scheduler.claim(node, "0") for _ in range(2)]

    error = {"code": "NO_CAMERA", "message": "The scene has no camera.", "debug": ""}
    reports.failed(attempts[1], error, is_final=True)

    assert states(task) == ["running", "failure", "waiting", "waiting", "failure"]
    join = task.instances.get(part=4)
    assert join.error["code"] == "TILES_FAILED"
    assert join.error["message"] == (
        "The picture of frame 1 can't be put together, because its tile 2 could not be rendered: "
        "The scene has no camera."
    )


def test_a_joining_left_hopeless_by_a_report_cut_short_is_found(alice, tiled):
    task = tiled(alice, [1])
    task.instances.filter(part=0).update(state=InstanceState.FAILURE)

    sweeps.sweep()

    assert task.instances.get(part=4).state == InstanceState.FAILURE


def test_a_tile_someone_removed_fails_the_joining_with_its_name(alice, tiled, s3_store, paint):
    backing.create_bucket(alice, "out")
    task = tiled(alice, [1])

    def remove_the_first(job, part):
        draw_tile(job, part)
        if part == 3:
            backing.delete_object(alice.pk, "out", "tiles/0001/0.png")

    paint(remove_the_first)

    join = task.instances.get(part=4)
    assert (join.state, join.error["code"]) == (InstanceState.FAILURE, "TILES_MISSING")
    assert "“tiles/0001/0.png” was removed" in join.error["message"]


def test_a_tile_that_is_no_picture_fails_the_joining(alice, tiled, s3_store, paint):
    backing.create_bucket(alice, "out")
    task = tiled(alice, [1])

    def scribble(job, part):
        draw_tile(job, part)
        if part == 2:
            (job / "tiles/0001/2.png").write_bytes(b"no picture at all")

    paint(scribble)

    join = task.instances.get(part=4)
    assert (join.state, join.error["code"]) == (InstanceState.FAILURE, "TILES_UNREADABLE")


def test_a_failed_tile_keeps_the_others_for_who_wants_them(alice, tiled, s3_store, bucket_content, paint):
    backing.create_bucket(alice, "out")
    task = tiled(alice, [1])

    def fail_the_last(job, part):
        if part == 3:
            return Outcome(1, "TILES_REFUSED", "The scene has a compositor.", 0.0, 0.0)
        return draw_tile(job, part)

    paint(fail_the_last)

    task.refresh_from_db()
    assert (task.state, states(task)) == (TaskState.FAILURE, ["success"] * 3 + ["failure"] * 2)
    assert "tiles/0001/2.png" in bucket_content(alice, "out")
